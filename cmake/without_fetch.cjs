// Emscripten 3.1.6's start-up code uses global fetch where it exists, which fails for files: node -r without_fetch.cjs PROGRAM.js.
delete globalThis.fetch;
