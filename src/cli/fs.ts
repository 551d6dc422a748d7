/**
 * `node:fs` for what every start-up loads. An `import` would build its lazy parts as well
 * (`fs.promises`), which takes as long as all of our own modules together.
 */
export const fs = process.getBuiltinModule('node:fs');
