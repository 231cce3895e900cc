-- Music with an intro: one bar that plays once, then four bars round and round without a seam, until it fades.
local perilune = require "perilune"

local BAR = 2                                               -- seconds, at 120 beats a minute
local music = perilune.load "assets/music.ogg"

local start = perilune.now() + 0.1
local song = music:play {
  at = start,
  loop = true,
  loopStart = 1 * BAR,                                      -- behind the intro
  loopEnd = 5 * BAR,
}
song:stop(BAR, start + 5 * BAR)                             -- fade through the first bar of the second round

print(("intro from 0 to %d s, loop from %d to %d s and again from there, silent at %d s"):format(
  song.loopStart, song.loopStart, song.loopEnd, song.loopEnd + BAR))
song.onended = function() print(("ended at %.1f s"):format(perilune.now() - start)) end

perilune.run()
