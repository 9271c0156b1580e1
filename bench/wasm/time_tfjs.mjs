// time_tfjs.mjs MODEL.json INPUT.bin OUTPUT.bin SECONDS RUNS NAME SHAPE OUTPUT: TensorFlow.js with its wasm backend on one
// thread; prints a JSON line as time_model does. A call is what an app does: an array goes in, an array comes out.
import fs from 'fs';
import path from 'path';
import * as tf from '@tensorflow/tfjs-core';
import {loadGraphModel} from '@tensorflow/tfjs-converter';
import {setThreadsCount, setWasmPaths} from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';

const [file, inputFile, outputFile, seconds, runs, name, shape, output] = process.argv.slice(2);
setWasmPaths(path.join(process.cwd(), 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();

const bytesOf = file => {
  const read = fs.readFileSync(file);
  return read.buffer.slice(read.byteOffset, read.byteOffset + read.length);
};
const values = new Float32Array(bytesOf(inputFile));
let start = performance.now();
const model = await loadGraphModel({
  load: async () => {
    const {modelTopology, weightsManifest} = JSON.parse(fs.readFileSync(file, 'utf8'));
    const parts = weightsManifest.flatMap(group => group.paths).map(part => fs.readFileSync(path.join(path.dirname(file), part)));
    const weights = Buffer.concat(parts);
    return {
      modelTopology,
      weightSpecs: weightsManifest.flatMap(group => group.weights),
      weightData: weights.buffer.slice(weights.byteOffset, weights.byteOffset + weights.length),
    };
  },
});
const loadMs = performance.now() - start;

const run = () => {
  const x = tf.tensor(values, shape.split(',').map(Number), 'float32');
  const y = model.execute({[name]: x}, output);
  const result = y.dataSync();
  x.dispose();
  y.dispose();
  return result;
};
start = performance.now();
const result = run();
const firstMs = performance.now() - start;
fs.writeFileSync(outputFile, Buffer.from(result.buffer, result.byteOffset, result.byteLength));

const times = [];
const begin = performance.now();
while (times.length < +runs || performance.now() - begin < 1000 * seconds) {
  start = performance.now();
  run();
  times.push(performance.now() - start);
}
times.sort((a, b) => a - b);
console.log(JSON.stringify({load_ms: loadMs, first_ms: firstMs, min_ms: times[0], median_ms: times[times.length >> 1],
  runs: times.length, simd: await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')}));
process.exit(0);
