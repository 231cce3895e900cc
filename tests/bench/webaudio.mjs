// The scenes of webaudio.c by npm node-web-audio-api. Says "ready VERSION"; then answers each line "SCENE FRAMES" of
// its input with "MICROSECONDS LOUDNESS": the processor time that rendering took, on all threads, and the root of the
// mean square of what came out. Ends with its input.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const RATE = 48000;
const require = createRequire(resolve("build/npm/here.js")); // which looks into NODE_PATH as well
const entry = require.resolve("node-web-audio-api");
const { OfflineAudioContext } = await import(pathToFileURL(entry));
const { version } = JSON.parse(readFileSync(join(dirname(entry), "package.json")));

let state; // webaudio.c has the same sequence
const chance = () => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return (state >>> 8) / 16777216;
};

function noise(context, channels, frames, fade) {
  const buffer = context.createBuffer(channels, frames, RATE);
  for (let c = 0; c < channels; c++) {
    const samples = buffer.getChannelData(c);
    for (let i = 0; i < frames; i++) samples[i] = (2 * chance() - 1) * (fade ? 1 - i / frames : 1);
  }
  return buffer;
}

function loop(context, buffer) {
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.loop = true;
  source.start();
  return source;
}

function oscillators(context, type) {
  const gain = context.createGain();
  gain.gain.value = 0.001;
  gain.connect(context.destination);
  for (let o = 0; o < 1000; o++) {
    const oscillator = context.createOscillator();
    oscillator.type = type;
    oscillator.frequency.value = 50 + 3000 * chance();
    oscillator.connect(gain);
    oscillator.start();
  }
}

const scenes = {
  voices(context) {
    const sound = noise(context, 1, 14400, false);
    for (let v = 0; v < 256; v++) {
      const gain = context.createGain(), filter = context.createBiquadFilter(), panner = context.createStereoPanner();
      gain.gain.value = (0.5 + chance()) / 256;
      filter.frequency.value = 200 + 5000 * chance();
      panner.pan.value = 2 * chance() - 1;
      loop(context, sound).connect(gain).connect(filter).connect(panner).connect(context.destination);
    }
  },
  convolver(context) {
    const sound = noise(context, 2, 14400, false);
    const convolver = context.createConvolver();
    convolver.buffer = noise(context, 2, 2 * RATE, true);
    loop(context, sound).connect(convolver).connect(context.destination);
  },
  sines: (context) => oscillators(context, "sine"),
  saws: (context) => oscillators(context, "sawtooth"),
  gains(context) {
    let end = loop(context, noise(context, 1, 14400, false));
    for (let g = 0; g < 100; g++) {
      const gain = context.createGain();
      gain.gain.value = g % 2 ? 0.8 : 1.25;
      end = end.connect(gain);
    }
    end.connect(context.destination);
  },
  params(context) {
    for (let p = 0; p < 1000; p++) {
      const source = context.createConstantSource(), offset = source.offset;
      offset.setValueAtTime(0.0001 + chance() / 1000, 0);
      if (p % 3 === 0) offset.linearRampToValueAtTime(0.01, 100);
      if (p % 3 === 1) offset.exponentialRampToValueAtTime(0.01, 100);
      if (p % 3 === 2) offset.setTargetAtTime(0.01, 0, 100);
      source.connect(context.destination);
      source.start();
    }
  },
};

async function render(scene, frames) {
  const context = new OfflineAudioContext(2, frames, RATE);
  state = 1;
  scenes[scene](context);
  const from = process.cpuUsage();
  const out = await context.startRendering();
  const { user, system } = process.cpuUsage(from);
  let sum = 0;
  for (let c = 0; c < 2; c++) for (const sample of out.getChannelData(c)) sum += sample * sample;
  return `${user + system} ${Math.sqrt(sum / (2 * frames))}`;
}

console.log(`ready ${version}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [scene, frames] = line.split(" ");
  console.log(await render(scene, Number(frames)));
}
