import { Hearth } from "../hearth/index.js";
import { modelFor, writeLine } from "../page.js";

const hearth = await Hearth.create({ model: await modelFor("embeddings") });
const texts = ["A cat sleeps on the sofa.", "A kitten naps on the couch.", "The stock market fell today."];

const { data } = await hearth.embeddings.create({ input: texts });
const vectors = data.map(({ embedding }) => embedding);
const likeness = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
for (let i = 0; i < texts.length; i++) {
  writeLine(`${texts[i]}\n  ${vectors.map((vector) => likeness(vectors[i], vector).toFixed(3)).join("  ")}`);
}

const query = "Where is the cat?";
const { results } = await hearth.rerank({ query, documents: texts });
writeLine(`\n${query}`);
for (const { index, relevance_score } of results) writeLine(`  ${relevance_score.toFixed(3)}  ${texts[index]}`);
