/** Texts about models, in Chinese: choosing, downloading, keeping and opening them. */
import type { Rank } from "../models/recommend.js";
import { formatOf } from "./format.js";
import type { MODELS as EN_MODELS } from "./models.en.js";

const format = formatOf("zh");
const { integer, rate } = format;

export const MODELS: typeof EN_MODELS = {
  models: {
    title: "选择模型",
    back: (name: string) => `返回 ${name}`,
    hint: "从下面选一个，或使用你自己的 GGUF 文件：打开它，或拖放到此页面的任意位置。如果模型分为多个文件，请一次选中全部文件。",
    open: "打开文件…",
    openFolder: "打开文件夹…",
    file: "模型文件",
    drop: "拖放 GGUF 文件即可打开，拖放文本文件即可添加为附件",
    looking: "正在查找模型…",
    search: "搜索模型",
    noMatch: "没有这个名称的模型。",
    unreachable: "无法从服务器获取模型列表。",
    none: "服务器上没有模型。",
    openYours: "请打开你自己的文件。",
    singleFile: "此页面是一个独立文件，无需服务器。请打开你自己的模型，或下载一个：只有下载才需要网络。",
    again: "重新查找",
    unsupported: (n: number) => `${integer(n)} 个文件无法在此运行`,
    first: "适合入门",
    inTheBox: "内置",
    inTheBoxFacts: "微型演示 · 随此页面提供 · 可离线使用",
    parameters: (n: number) => `${format.short(n)} 参数`,
    context: (n: number) => `上下文 ${integer(n)}`,
    completes: "仅续写文本",
    loading: (name: string) => `正在加载 ${name}`,
    header: "正在读取文件头",
    progress: (done: number, total: number, secondsLeft: number | undefined) =>
      `${format.bytes(done)} / ${format.bytes(total)}${secondsLeft === undefined ? "" : `，剩余 ${format.duration(secondsLeft)}`}`,
  },
  recommendations: {
    title: "适合这台设备的模型",
    looking: "正在检查这台设备…",
    ranks: { fast: "快速", balanced: "均衡", best: "最佳" } satisfies Record<Rank, string>,
    download: (bytes: number) => `需下载 ${format.bytes(bytes)}，仅此一次`,
    memory: (bytes: number) => `内存 ${format.bytes(bytes)}`,
    speed: (perSecond: number) => `在此设备上约 ${rate(perSecond)} 词元/秒`,
    unknownSpeed: "尚未测量在此设备上的速度",
    license: (name: string) => `许可证：${name}`,
  },
  downloads: {
    title: (name: string) => `下载 ${name}`,
    progress: (done: number, total: number, perSecond: number | undefined, secondsLeft: number | undefined) =>
      [
        Number.isFinite(total) ? `${format.bytes(done)} / ${format.bytes(total)}` : format.bytes(done),
        ...(perSecond === undefined ? [] : [`${format.bytes(perSecond)}/秒`]),
        ...(secondsLeft === undefined ? [] : [`剩余 ${format.duration(secondsLeft)}`]),
      ].join("，"),
    paused: (done: number, total: number) =>
      `已暂停：${format.bytes(done)}${Number.isFinite(total) ? ` / ${format.bytes(total)}` : ""}。已下载的部分会保留，无需重新下载。`,
    pause: "暂停",
    resume: "继续",
    dismiss: "从列表中移除",
  },
  stored: {
    title: "已下载的模型",
    none: "暂无模型。",
    singleFile: "下载的模型由浏览器保存，浏览器可能允许其他从磁盘打开的页面读取它们。你已有的模型文件可直接打开，不会另存副本。",
    usage: (files: number, quota: number | undefined, isKept: boolean) =>
      `已占用 ${format.bytes(files)}${quota === undefined ? "" : `，此页面最多可保存 ${format.bytes(quota)}`}${isKept ? "" : "。磁盘空间不足时，浏览器可能会清除这些模型"}`,
    since: (when: string) => `保存于 ${when}`,
    states: { verifying: "正在校验…", sound: "已校验：文件完整" },
    actions: (name: string) => `${name} 的操作`,
    verify: "校验",
    delete: "删除",
    deleteTitle: "删除此模型？",
    deleteText: (name: string, bytes: number) => `${name} 将从此浏览器中删除，并释放 ${format.bytes(bytes)} 空间。之后可以重新下载。`,
  },
  local: {
    title: "从这台设备打开过的模型",
    hint: "文件留在原处，直接从那里读取，不会另存副本。浏览器可能会询问是否允许此页面再次读取它们。",
    folder: (name: string) => `位于 ${name}`,
    opened: (when: string) => `打开于 ${when}`,
    forget: "忘记",
    forgetThis: (name: string) => `忘记 ${name}`,
    last: (name: string) => `上次回答的是 ${name}。它在这台设备上；你打开它后，浏览器才会允许此页面再次读取。`,
    openAgain: (name: string) => `打开 ${name}`,
  },
  address: {
    label: "通过地址打开",
    hint: "GGUF 文件的地址，或 hf:所有者/仓库/文件.gguf。只有文件所在的服务器会知道。",
    wrong: "这既不是地址（https://…），也不是模型站点上的文件（hf:所有者/仓库/文件.gguf）。",
    open: "打开",
  },
  hub: {
    title: "目录中的所有模型",
    hint: "仅在你选择获取时从模型站点下载，且只需下载一次。",
    parameters: (n: number) => `${format.short(n)} 参数`,
    context: (n: number) => `上下文 ${integer(n)}`,
    quantization: "量化",
    download: "下载大小",
    memory: "内存",
    speed: "在此设备上的速度",
    perSecond: (n: number) => `约 ${rate(n)} 词元/秒`,
    get: "获取",
    getThis: (name: string, quantization: string) => `获取 ${name} 的 ${quantization} 量化版本`,
    tooLarge: "超出这台设备的能力",
  },
  demonstration: {
    label: "关于此模型",
    what: "ember 是一个微型演示模型。",
    short: "它说的话常常有误：实际使用时，请打开真正的模型。",
    long: "它有三百万个权重，随此页面提供。它会讲小故事，也知道自己是谁；但它对世界一无所知，说的话也常常有误。",
    real: (strong: string) => ({ before: "实际使用时，请", strong, after: "：从任意模型站点下载一个 GGUF 文件，例如 Q4_K_M 量化的 Qwen3 0.6B（约 400 MB），在这里打开，或拖放到此页面的任意位置。文件不会离开你的设备。" }),
    openReal: "打开真正的模型",
    examples: "示例",
  },
};
