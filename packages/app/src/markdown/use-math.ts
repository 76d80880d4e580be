/** The plugins for formulas, fetched when a text has some. They become MathML, which needs no fonts of ours. */
import { useEffect, useState } from "react";
import { defaultRemarkPlugins, type StreamdownProps } from "streamdown";

type Plugins = NonNullable<StreamdownProps["rehypePlugins"]>;

interface MathPlugins {
  /** `undefined`: those that there are without formulas. */
  readonly remark: Plugins | undefined;
  readonly rehype: Plugins;
}

const NONE: MathPlugins = { remark: undefined, rehype: [] };
let loaded: MathPlugins | undefined;

export function useMath(text: string): MathPlugins {
  const isWanted = loaded === undefined && text.includes("$");
  const [plugins, setPlugins] = useState(loaded);
  useEffect(() => {
    if (!isWanted) return;
    let isHere = true;
    void load().then((found) => isHere && setPlugins(found));
    return () => {
      isHere = false;
    };
  }, [isWanted]);
  return text.includes("$") ? (plugins ?? loaded ?? NONE) : NONE;
}

async function load(): Promise<MathPlugins> {
  const [{ default: remarkMath }, { default: rehypeKatex }] = await Promise.all([import("remark-math"), import("rehype-katex")]);
  // A single dollar is money here: `withDollars` has made two of those that are not.
  const math = [remarkMath, { singleDollarTextMath: false }] as const;
  loaded = { remark: [...Object.values(defaultRemarkPlugins), [...math]], rehype: [[rehypeKatex, { output: "mathml", throwOnError: false, trust: false, maxExpand: 200 }]] };
  return loaded;
}
