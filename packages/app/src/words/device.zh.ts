/** Texts of the page about the machine and the engine, in Chinese. */
import type { ModelInfo } from "@hearth/sdk";
import { tokens } from "./counts.zh.js";
import type { DEVICE as EN_DEVICE } from "./device.en.js";
import { formatOf } from "./format.js";

const format = formatOf("zh");
const { integer, rate } = format;

export const DEVICE: typeof EN_DEVICE = {
  machine: {
    cores: (n: number) => `${integer(n)} 个处理器核心`,
    threads: "支持多线程",
    noThreads: "不支持多线程：页面未隔离",
    memory: (gigabytes: number) => `内存 ${integer(gigabytes)} GB 或更多`,
    unknownMemory: "内存大小未知",
    gpu: (name: string, half: boolean) => `显卡${name === "" ? "" : `（${name}）`}${half ? "，支持半精度" : ""}`,
    noGpu: "页面无法使用显卡",
    free: (bytes: number) => `此页面可用空间 ${format.bytes(bytes)}`,
    tooWeak: "这台设备性能不足，或空间太小，无法运行目录中的模型。内置模型可以在这里运行；某个模型更小的量化版本或许也可以。",
  },
  device: {
    title: "设备与性能",
    machine: "这台设备",
    engine: "引擎",
    noModel: "尚未加载模型：选择一个，即可查看它的运行情况。",
    facts: (info: ModelInfo, memoryBytes: number, build: string): readonly (readonly [string, string])[] => [
      ["模型", `${info.architecture}，${format.short(info.parameters)} 参数，${integer(info.layers)} 层`],
      ["权重", format.bytes(info.tensorBytes)],
      ["上下文", `${integer(info.contextLength)} / ${tokens(info.trainedContextLength)}，缓存 ${info.cacheType}`],
      ["运行于", info.gpu ?? `处理器（${info.isa}），${integer(info.threads)} 个线程，逐个生成词元时 ${integer(info.decodeThreads)} 个`],
      ["构建", build],
      ["内存", `已使用 ${format.bytes(memoryBytes)}；权重 ${format.bytes(info.memory.weightsBytes)}，缓存 ${format.bytes(info.memory.stateBytes)}，运算 ${format.bytes(info.memory.workingBytes)}`],
    ],
    notes: "与所选设置不一致之处",
    idle: "生成回答时，这里会显示速度。",
    live: (n: number, perSecond: number, bytesPerSecond: number, memoryBytes: number) =>
      `${tokens(n)}，${rate(perSecond)} 词元/秒，权重 ${format.bytes(bytesPerSecond)}/秒，内存 ${format.bytes(memoryBytes)}`,
    benchmark: "性能测试",
    benchmarkHint: "阅读一段提示词并生成一段无意义的回答。测试结果只保存在此浏览器中；导出的文件只写明模型、设备和测得的数值，不含任何个人信息。",
    run: "开始测试",
    running: "正在测试…",
    share: "保存为 JSON",
    runs: "这台设备上的测试结果",
    when: "时间",
    model: "模型",
    where: "运行于",
    reads: "阅读",
    writes: "生成",
    change: "与上次相比",
    place: (device: string, build: string, threads: number) => (device === "cpu" ? `${build}，${integer(threads)} 个线程` : device),
    perSecond: (n: number) => `${rate(n)} 词元/秒`,
    layers: "各层用时",
    microseconds: "微秒",
    milliseconds: (n: number) => `${format.decimal(n)} 毫秒`,
    operations: "各类运算用时",
    selfTest: {
      title: "计算内核",
      hint: "在这个浏览器中，把处理器的每个计算内核与简单的参考实现相比较。只需一两秒，不会发送任何数据。",
      run: "检查计算内核",
      running: "正在检查…",
      noModel: "请先选择模型：引擎会随模型一起启动。",
      passed: (n: number, isa: string) => `全部 ${integer(n)} 个计算内核都与参考实现一致（${isa}）。`,
      failed: (failed: number, n: number, isa: string, names: readonly string[]) =>
        `${integer(n)} 个计算内核中有 ${integer(failed)} 个与参考实现不一致（${isa}）：${names.join("、")}。`,
      meaning:
        "在这里，用到这些内核的模型可能给出错误的回答。可能是浏览器编译有误，也可能是处理器或内存有故障：请更新浏览器后再检查一次，或换一个浏览器，并反馈出错的内核。",
      table: "各个内核的计算结果",
      kernel: "内核",
      type: "类型",
      variant: "方式",
      deviation: "最大偏差",
      tolerance: "允许偏差",
      result: "结果",
      right: "正确",
      wrong: "错误",
      variants: {
        exact: "精确",
        one_row: "单行",
        many_rows: "多行",
        rows: "按行存放",
        tiles: "按块存放",
        one_token: "单个词元",
        prompt: "提示词",
        window_soft_cap: "提示词，带窗口和软上限",
      },
    },
  },
};
