/** Failures in plain words, in Chinese: what happened, and what to do. */
import type { ProblemWords } from "./problems.en.js";

const MODEL_AGAIN = "请重新下载，或选择其他模型。";

export const PROBLEMS: Readonly<Record<string, ProblemWords>> = {
  unknown: ["出了点问题。", "请重试，或重新加载页面。"],
  bad_file: ["这不是可用的 GGUF 文件。", "文件可能不完整，或属于其他类型。请重新下载，或选择其他模型。"],
  bad_model: ["此模型的文件内容自相矛盾。", MODEL_AGAIN],
  bad_vocabulary: ["此模型的词表无法使用。", "请选择该模型的其他文件，或选择其他模型。"],
  engine_crashed: ["引擎意外停止。", "请重新加载模型。如果再次发生，请选择更小的模型。"],
  gpu_lost: ["与显卡的连接已断开。", "请重新加载模型，或在设置中选择处理器。"],
  missing_tensor: ["模型文件缺少一部分内容。", "请重新下载，或选择该模型的其他文件。"],
  no_gpu: ["此浏览器无法使用显卡。", "请在设置中选择处理器。"],
  no_model: ["尚未加载模型。", "请先选择一个模型。"],
  no_template: ["此模型没有对话模板。", "请重新加载以用于续写，或选择其他模型。"],
  not_enough_memory: ["此标签页的内存容纳不下该模型。", "请选择更小的模型，或该模型更小的量化版本。"],
  prompt_too_long: ["文本超出了此模型的长度限制。", "请缩短文本，或开始新对话。"],
  ranges_unsupported: ["服务器不支持分段传输此模型。", "请下载文件，然后在这里打开。"],
  read_failed: ["未能完整读取模型。", "文件在读取过程中被移动、更改或截断。请确认文件仍在原处，然后重新加载。"],
  source_not_found: ["模型已不在原处。", "请刷新列表，或选择其他模型。"],
  source_unreachable: ["服务器没有响应。", "请确认服务器仍在运行，然后重新加载模型。"],
  start_failed: ["引擎无法启动。", "请重新加载页面。如果仍无法启动，请使用较新的浏览器。"],
  template_failed: ["此模型的对话模板出错。", "模板包含在文件中：请选择该模型的其他文件，或选择其他模型。"],
  unknown_architecture: ["暂不支持此类模型。", "请选择其他模型。"],
  unsupported_browser: ["此浏览器无法运行引擎。", "请使用新版 Chrome、Edge、Firefox 或 Safari。"],
  unsupported_type: ["暂不支持此模型的量化方式。", "请选择该模型的其他量化版本。"],
  store_unreachable: ["无法打开对话。", "可能有另一个标签页正在使用：请关闭它，然后重新加载此页面。"],
  store_newer: ["对话由此页面的较新版本保存。", "请重新加载页面以获取新版本。"],
  store_damaged: ["对话文件已损坏。", "请在设置中导出仍可读取的内容，然后在那里删除所有数据。"],
  store_failed: ["无法访问对话。", "请重新加载页面。你现在写的内容可能不会保存。"],
  quota_exceeded: ["没有空间保存对话了。", "请删除一些对话，或释放这台设备的存储空间。"],
  no_conversation: ["此对话已不存在。", "它可能已在另一个标签页中删除。请选择其他对话，或开始新对话。"],
  not_an_export: ["此文件中没有对话。", "请选择由此页面导出的文件。"],
  export_newer: ["此文件由此页面的较新版本导出。", "请重新加载页面以获取新版本。"],
  export_damaged: ["此文件已损坏。", "请从来源处重新导出。没有导入其中的任何内容。"],
};
