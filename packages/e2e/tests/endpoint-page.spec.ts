/** A server that answers instead of this machine: offered by the host or entered by the person, and never used without their word. */
import { App } from "../app.js";
import { agree, SiteWithEndpoint } from "../endpoint.js";
import { expect, passOver, test as base } from "../fixtures.js";
import { EMBER_NAME, OFFERED } from "../models.js";

const test = base.extend<{ site: SiteWithEndpoint }>({
  site: async ({ server }, use) => {
    const site = await SiteWithEndpoint.open(server.url);
    await use(site);
    await site.close();
  },
  baseURL: async ({ site }, use) => use(site.url),
});

test("the host's server answers once the person agrees, and until a model is chosen", async ({ page, site }) => {
  const endpoint = { name: "our server", baseURL: `${site.url}theirs/v1`, model: "big" };
  await page.route("**/config.json", (route) => route.fulfill({ json: { endpoint } }));
  const app = await App.open(page);
  const offer = page.getByRole("region", { name: "A server: our server" });
  await expect(offer).toContainText("our server can answer instead of this machine, with big.");
  await offer.getByRole("button", { name: "Use it…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(app.status).toContainText("build");
  await agree(page, site);
  await expect(app.status).toContainText("answers come from our server");
  await expect(page.getByText(/our server answers: what you write is sent to/)).toBeVisible();
  expect(site.asked).toEqual([]);
  await app.send("Hello");
  expect(await app.answer()).toBe("from afar");
  expect(site.asked).toMatchObject([{ path: "/theirs/v1/chat/completions", model: "big", authorization: undefined }]);
  await app.changeModel();
  await app.choose(OFFERED.ember);
  await app.ready(EMBER_NAME);
  await expect(page.getByText(/what you write is sent to/)).toBeHidden();
  await app.set({ maxTokens: 4 });
  await app.send("Hello again");
  await expect(app.turns).toHaveCount(2);
  await app.answer();
  expect(site.asked).toHaveLength(1);
});

test("a server of one's own is entered in the settings, with its key, and removed there", async ({ page, site }) => {
  await page.goto("/#/settings");
  await page.getByLabel("Address", { exact: true }).fill(`${site.url}theirs/v1`);
  const save = page.getByRole("button", { name: "Save", exact: true });
  await expect(save).toBeDisabled();
  await page.getByLabel("Name of the model there").fill("mine");
  await page.getByLabel("Key, if it wants one").fill("secret");
  await save.click();
  await page.goto("/#/models");
  await agree(page, site);
  // A reload begins on this machine again.
  await page.reload();
  const app = await App.at(page, "/#/");
  await page.goto("/#/models");
  await agree(page, site);
  await page.getByRole("link", { name: "New conversation" }).first().click();
  await app.send("Hello");
  expect(await app.answer()).toBe("from afar");
  expect(site.asked).toMatchObject([{ model: "mine", authorization: "Bearer secret" }]);
  await page.goto("/#/settings");
  await page.getByRole("button", { name: "Remove" }).click();
  await page.goto("/#/models");
  await expect(page.getByRole("button", { name: "Use it…" })).toHaveCount(0);
});

test("what is behind a < is shown while an answer grows", async ({ page, site }) => {
  await page.route("**/config.json", (route) => route.fulfill({ json: { endpoint: { name: "slow", baseURL: `${site.url}slow/v1`, model: "big" } } }));
  const app = await App.open(page);
  await agree(page, site);
  await app.send("Hello");
  await expect(app.answers.last()).toHaveText("Note that a <b and");
  await expect(app.turns.last()).toHaveAttribute("data-status", "writing");
  site.goOn();
  expect(await app.answer()).toBe("Note that a <b and so on");
});

test("a server that fails is told, and the question can be asked again", async ({ page, site, pageErrors }) => {
  await page.route("**/config.json", (route) => route.fulfill({ json: { endpoint: { name: "broken", baseURL: `${site.url}broken/v1`, model: "big" } } }));
  const app = await App.open(page);
  await agree(page, site);
  await app.send("Hello");
  await expect(app.problem).toContainText("500");
  await expect(page.getByRole("button", { name: "Try again" })).toBeVisible();
  passOver(pageErrors, /500/);
});
