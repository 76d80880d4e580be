/** What models write is drawn as Markdown, and can do nothing else. */
import { type Said, show } from "../conversation-file.js";
import { expect, test } from "../fixtures.js";

function answered(content: string): readonly Said[] {
  return [
    { role: "user", content: "Well?" },
    { role: "assistant", content },
  ];
}

test("headings, lists, tables, code and formulas are drawn", async ({ page }) => {
  await show(page, "all", answered("# Big\n\n- one\n- **two**\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nconst x = 1;\n```\n\n$$x^2 + \\frac{1}{2}$$\n\nعربي نص"));
  const answer = page.getByTestId("answer");
  await expect(answer.getByRole("heading", { name: "Big" })).toBeVisible();
  await expect(answer.getByRole("listitem")).toHaveText(["one", "two"]);
  await expect(answer.getByRole("cell")).toHaveText(["1", "2"]);
  await expect(answer.locator("code .hljs-keyword")).toHaveText("const");
  await expect(answer.locator("math mfrac")).toHaveCount(1);
  const direction = await answer.getByText("عربي").evaluate((node) => getComputedStyle(node).direction);
  expect(direction).toBe("rtl");
});

test("formulas are drawn in every notation; money and code stay as they are", async ({ page }) => {
  const formulas = "It is $O(n)$, or \\(x_1\\), or \\[y^2\\] for $5 to $6.\n\n\\[\n\\frac{1}{2}\n\\]\n\n`$a$ \\(b\\)`\n\n```\n$c$\n```\n\n| $d$ |\n|---|\n| $e$ |";
  await show(page, "formulas", answered(formulas));
  const answer = page.getByTestId("answer");
  await expect(answer.locator("math")).toHaveCount(6);
  await expect(answer.locator("math mfrac")).toHaveCount(1);
  await expect(answer).toContainText("for $5 to $6.");
  await expect(answer.locator("code")).toHaveText(["$a$ \\(b\\)", /\$c\$/]);
});

test("hostile text scripts nothing, fetches nothing, and hides no address", async ({ page, context }) => {
  const asked: string[] = [];
  context.on("request", (request) => asked.push(request.url()));
  const hostile = [
    "<script>window.hit = 1</script><img src=x onerror='window.hit = 2'><iframe src='https://evil.example'></iframe>",
    "![cat](https://evil.example/cat.png) ![](data:image/svg+xml,<svg onload=alert(1)>)",
    "[good](https://evil.example/login) [bad](javascript:window.hit=3) [worse](data:text/html,<script>window.hit=4</script>)",
    "<https://evil.example/auto> https://evil.example/bare",
    "```html\n<style>body{display:none}</style>\n```",
    "<style>body{display:none}</style>",
    "$$\\href{javascript:window.hit=5}{x} \\includegraphics{https://evil.example/i.png}$$",
  ].join("\n\n");
  await show(page, "<img src=x onerror=window.hit=6>", answered(hostile));
  const answer = page.getByTestId("answer");
  await expect(answer).toContainText("<script>window.hit = 1</script>");
  await expect(answer).toContainText("cat (not loaded)");
  await expect(answer.locator("img, iframe, script, style, svg, object, embed, form")).toHaveCount(0);
  await expect(answer).toContainText("good (evil.example)");
  await expect(answer.locator("math")).toHaveCount(1);
  for (const link of await answer.getByRole("link").all()) {
    expect(await link.getAttribute("href")).toMatch(/^https:\/\/evil\.example\//);
    expect(await link.getAttribute("rel")).toContain("noreferrer");
    expect(await link.getAttribute("target")).toBe("_blank");
  }
  expect(await page.evaluate(() => "hit" in window)).toBe(false);
  expect(asked.filter((url) => url.includes("evil"))).toEqual([]);
});

test("ten thousand messages open at their end, and earlier ones come when they are wanted", async ({ page }) => {
  const said = Array.from({ length: 10_000 }, (_, at): Said => ({ role: at % 2 === 0 ? "user" : "assistant", content: `Message ${at}, **so long**.` }));
  await show(page, "long", said);
  await expect(page.getByText("Message 9999, so long.")).toBeInViewport();
  expect(await page.locator("[data-message]").count()).toBeLessThan(200);
  await page.getByRole("button", { name: /Show earlier messages/ }).click();
  await expect(page.getByText("Message 9900,")).toHaveCount(1);
});

test("an answer of a hundred thousand words is drawn to its end", async ({ page }) => {
  const paragraph = `${"The hill is high and the sea is wide. ".repeat(12)}\n\n`;
  await show(page, "much", answered(`${paragraph.repeat(1_000)}The end.`));
  await expect(page.getByText("The end.")).toBeAttached();
});
