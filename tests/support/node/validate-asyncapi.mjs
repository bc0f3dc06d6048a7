// Validates the AsyncAPI document of a file: prints each diagnostic with its severity (0 error, 1 warning, 2 information).
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { Parser } = createRequire(`${process.cwd()}/package.json`)("@asyncapi/parser");
const { document, diagnostics } = await new Parser().parse(await readFile(process.argv[2], "utf8"));
for (const { severity, code, message, path } of diagnostics) console.log(severity, code, message, path.join("/"));
console.log("messages", document?.allMessages().all().length ?? "none");
