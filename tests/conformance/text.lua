-- Answers that follow the W3C text where no renderer's does: { id → function of the spec that returns a rendering }.
local signals = require "tests.conformance.signals"

-- The coefficients of BiquadFilterNode's low-pass, divided by a0, whose Q is in dB.
local function lowpass(frequency, q, rate)
  local w0 = 2 * math.pi * frequency / rate
  local alpha, cosine = math.sin(w0) / (2 * 10 ^ (q / 20)), math.cos(w0)
  local a0 = 1 + alpha
  return (1 - cosine) / 2 / a0, (1 - cosine) / a0, -2 * cosine / a0, (1 - alpha) / a0
end

local text = {}

-- Noise that ends at frame 300 (stop: no sample at or after it), and an echo whose loop takes delayTime: 700 frames.
text["top-echo-dry"] = function(spec)
  local noise = signals.make(spec.buffers.b.channels[1], spec.buffers.b.frames, spec.sampleRate)
  local b0, b1, a1, a2 = lowpass(3000, 1, spec.sampleRate)
  local x1, x2, y1, y2 = 0, 0, 0, 0
  local delayed, out = {}, {}
  for n = 1, spec.length do
    local source = n <= 300 and noise[n] or 0
    local echo = delayed[n - 700] or 0
    local filtered = b0 * echo + b1 * x1 + b0 * x2 - a1 * y1 - a2 * y2
    x1, x2, y1, y2 = echo, x1, filtered, y1
    delayed[n] = source + 0.7 * filtered
    out[n] = source + echo
  end
  return { sampleRate = spec.sampleRate, length = spec.length, out }
end

return text
