// Commands as a person types them: in a shell, with `breakwater` on the path.
import { execFile } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { folder, program, root } from "./run.mjs";

let bin;

// A folder in which the program under test is named `breakwater`.
export function programFolder() {
  if (!bin) {
    bin = folder();
    symlinkSync(program, join(bin, "breakwater"));
  }
  return bin;
}

// Runs a command line from the root of the tree. Never fails by itself: look at `code`.
export function shell(command, { env = {}, input, cwd = root } = {}) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("BREAKWATER")));
  return new Promise((resolve) => {
    const child = execFile("bash", ["-c", command], {
      cwd, maxBuffer: 16 << 20,
      env: { ...clean, ...env, PATH: programFolder() + delimiter + process.env.PATH },
    }, (error, out, err) => resolve({ code: error ? error.code ?? 1 : 0, out, err }));
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}

// The fenced blocks of a language in a document of ours, in order.
export function blocks(file, language) {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(new RegExp("^```" + language + "\\n([\\s\\S]*?)^```$", "gm"))].map((m) => m[1]);
}
