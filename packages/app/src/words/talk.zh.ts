/** Texts around the field for messages, in Chinese: the context, attachments, tools. */
import { MOST_BYTES, MOST_BYTES_OF_ALL } from "../chat/attachments.js";
import { formatOf } from "./format.js";
import type { TALK as EN_TALK } from "./talk.en.js";

const { bytes, integer } = formatOf("zh");

export const TALK: typeof EN_TALK = {
  context: {
    label: "上下文",
    used: (used: number, all: number) => `上下文已用 ${integer(used)} / ${integer(all)} 个词元`,
    leftOut: {
      next: "上下文即将用满：从下一条消息起，最早的消息将不再提供给模型。",
      some: "上下文已满：模型已看不到最早的消息。",
    },
  },
  attachments: {
    attach: "附件",
    files: "随消息发送的文本文件",
    label: "已添加的附件",
    remove: (name: string) => `移除 ${name}`,
    contentOf: (name: string) => `${name} 的内容`,
    refused: {
      notText: (name: string) => `${name} 不是文本文件：只能添加 UTF-8 编码的文本文件。`,
      tooLarge: (name: string) => `${name} 太大：单个文件不能超过 ${bytes(MOST_BYTES)}。`,
      tooMuch: (name: string) => `无法添加 ${name}：一条消息的附件总共不能超过 ${bytes(MOST_BYTES_OF_ALL)}。`,
      unreadable: (name: string) => `无法读取 ${name}：请确认文件仍在原处。`,
    },
  },
  tools: {
    title: "工具",
    hint: "函数的 JSON 列表，格式与 OpenAI 的 API 相同。模型可以调用这些函数；此页面只显示调用，不会执行。",
    mustCall: "模型必须调用工具",
    notOffered: "修正之前，不会向模型提供任何工具。",
    mistake: (mistake) => {
      switch (mistake.type) {
        case "notJson":
          return `这不是有效的 JSON：${mistake.detail}。`;
        case "noList":
          return "这不是列表：必须以 [ 开头，以 ] 结尾。";
        case "noFunction":
          return `第 ${integer(mistake.at)} 个工具必须是 {"type": "function", "function": {…}} 的形式。`;
        case "noName":
          return `第 ${integer(mistake.at)} 个工具的函数没有名称。`;
        case "badParameters":
          return `第 ${integer(mistake.at)} 个工具的参数必须是 JSON Schema 对象。`;
        case "sameName":
          return `有两个工具都叫 ${mistake.name}。`;
      }
    },
    calls: "调用工具",
    callOf: (name: string) => `对 ${name} 的调用`,
    argumentsOf: (name: string) => `${name} 的参数`,
    notRun: "此页面不会执行工具。",
  },
};
