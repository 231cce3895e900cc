-- How far a rendering is from a reference, and whether that is within a spec's tolerance (README.md, "Tolerances").
-- A rendering is { sampleRate, length, [1] = samples of the first channel, ... }.

-- In place, of 2^n values.
local function transform(re, im)
  local n, j = #re, 1
  for i = 1, n do
    if i < j then re[i], re[j], im[i], im[j] = re[j], re[i], im[j], im[i] end
    local bit = n / 2
    while bit >= 1 and j > bit do j, bit = j - bit, bit / 2 end
    j = j + bit
  end
  local half = 1
  while half < n do
    for k = 0, half - 1 do
      local c, s = math.cos(-math.pi * k / half), math.sin(-math.pi * k / half)
      for a = k + 1, n, 2 * half do
        local b = a + half
        local r, i = re[b] * c - im[b] * s, re[b] * s + im[b] * c
        re[b], im[b] = re[a] - r, im[a] - i
        re[a], im[a] = re[a] + r, im[a] + i
      end
    end
    half = half * 2
  end
end

local function energyOf(rendering)
  local sum = 0
  for _, channel in ipairs(rendering) do
    for i = 1, #channel do sum = sum + channel[i] ^ 2 end
  end
  return sum
end

-- The energy between two frequencies, of each channel with zeros to more than twice its length.
local function energyWithin(rendering, band)
  local n, sum = 2, 0
  while n < 2 * rendering.length do n = n * 2 end
  for _, channel in ipairs(rendering) do
    local re, im = {}, {}
    for i = 1, n do re[i], im[i] = channel[i] or 0, 0 end
    transform(re, im)
    for k = 0, n / 2 do
      local frequency = k * rendering.sampleRate / n
      if frequency >= band[1] and frequency <= band[2] then
        local both = k > 0 and k < n / 2 and 2 or 1 -- the negative frequency too
        sum = sum + (re[k + 1] ^ 2 + im[k + 1] ^ 2) * both / n
      end
    end
  end
  return sum
end

local function decibels(signal, err)
  if err == 0 then return 999 end
  if signal == 0 then return -999 end
  return math.min(999, 10 * math.log(signal / err) / math.log(10))
end

local function errorOf(reference, candidate, lag)
  local err = { sampleRate = reference.sampleRate, length = reference.length }
  for c, channel in ipairs(reference) do
    local other, difference = candidate[c], {}
    for i = 1, #channel do difference[i] = (other[i + lag] or 0) - channel[i] end
    err[c] = difference
  end
  return err
end

-- With the shift of at most maxLag frames either way that fits best.
local function bestError(reference, candidate, maxLag)
  local best, least = nil, math.huge
  for lag = -maxLag, maxLag do
    local err = errorOf(reference, candidate, lag)
    local energy = energyOf(err)
    if energy < least then best, least = err, energy end
  end
  return best
end

-- A frame's error is its loudest channel's. Clears the `outliers` loudest frames, and returns the loudest that is left
-- and its place.
local function peakOf(err, outliers)
  local frames, order = {}, {}
  for i = 1, err.length do
    frames[i], order[i] = 0, i
    for _, channel in ipairs(err) do frames[i] = math.max(frames[i], math.abs(channel[i])) end
  end
  table.sort(order, function(a, b) return frames[a] > frames[b] or frames[a] == frames[b] and a < b end)
  for place = 1, outliers do
    for _, channel in ipairs(err) do channel[order[place]] = 0 end
  end
  local worst = order[outliers + 1]
  return frames[worst], worst
end

local function levelOf(rendering, from, window)
  local energy = 0
  for _, channel in ipairs(rendering) do
    for i = from + 1, from + window do energy = energy + channel[i] ^ 2 end
  end
  return 10 * math.log(math.max(1e-8, energy / (window * #rendering))) / math.log(10)
end

-- The largest difference of level, in dB, of the windows within the range.
local function levelDifference(reference, candidate, range, window)
  local worst = 0
  for from = range[1], range[2] - window, window do
    local difference = levelOf(reference, from, window) - levelOf(candidate, from, window)
    worst = math.max(worst, math.abs(difference))
  end
  return worst
end

local function shapeOf(rendering)
  return ("%d channels of %d frames at %g Hz"):format(#rendering, rendering.length, rendering.sampleRate)
end

local function isFinite(rendering)
  for _, channel in ipairs(rendering) do
    for i = 1, #channel do
      if channel[i] ~= channel[i] or math.abs(channel[i]) == math.huge then return false end
    end
  end
  return true
end

-- Returns whether it passes, and what was measured in words.
return function(reference, candidate, tolerance)
  if shapeOf(reference) ~= shapeOf(candidate) then return false, shapeOf(candidate) .. ", not " .. shapeOf(reference) end
  if not isFinite(candidate) then return false, "a sample is not finite" end
  if tolerance.maxLevelDb then
    local difference = levelDifference(reference, candidate, tolerance.range, tolerance.window)
    return difference <= tolerance.maxLevelDb,
      ("level %.2f dB off, at most %g allowed"):format(difference, tolerance.maxLevelDb)
  end

  local err = bestError(reference, candidate, tolerance.maxLag or 0)
  local peak, worst = peakOf(err, tolerance.outliers or 0)
  if energyOf(reference) == 0 then
    return peak <= (tolerance.maxAbs or 1e-6), ("not silent: %.3g in frame %d"):format(peak, worst - 1)
  end
  local energy = tolerance.band and function(r) return energyWithin(r, tolerance.band) end or energyOf
  local ratio = decibels(energy(reference), energy(err))
  return ratio >= tolerance.minSnrDb and peak <= (tolerance.maxAbs or math.huge),
    ("%.1f dB, %g needed; largest error %.3g, in frame %d"):format(ratio, tolerance.minSnrDb, peak, worst - 1)
end
