/** The time of each layer, as bars. */
import type { Profile } from "@hearth/sdk";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface Props {
  readonly profile: Profile;
  readonly label: string;
  readonly axis: string;
}

const HEIGHT = 220;
const bars = uPlot.paths.bars?.({ size: [0.8, 60] });
const BARS = bars === undefined ? {} : { paths: bars };

export default function LayerPlot({ profile, label, axis }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const layers = profile.layers;
  useEffect(() => {
    const at = place.current;
    if (at === null || layers.length === 0) return;
    const style = getComputedStyle(at);
    const plot = new uPlot(
      {
        width: at.clientWidth,
        height: HEIGHT,
        // Whole bars, and all of each: a bar that does not begin at nothing misleads.
        scales: { x: { time: false, range: [-0.5, layers.length - 0.5] }, y: { range: (_, __, most) => [0, most * 1.05] } },
        legend: { show: false },
        axes: [{ stroke: style.color, incrs: [1, 2, 4, 8, 16, 32], grid: { show: false } }, { label: axis, stroke: style.color, size: 70 }],
        series: [{}, { label, fill: style.borderTopColor, ...BARS, points: { show: false } }],
      },
      [layers.map(({ layer }) => layer), layers.map(({ cost }) => (cost.seconds * 1e6) / Math.max(1, cost.calls))],
      at,
    );
    const resize = new ResizeObserver(() => plot.setSize({ width: at.clientWidth, height: HEIGHT }));
    resize.observe(at);
    return () => {
      resize.disconnect();
      plot.destroy();
    };
  }, [layers, label, axis]);
  return (
    <figure className="plot-frame">
      <figcaption>{label}</figcaption>
      <div ref={place} role="img" aria-label={label} className="plot" />
    </figure>
  );
}
