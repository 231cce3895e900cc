-- Music with an intro: a bar that plays once, then four bars round and round without a seam, until it fades.
local perilune = require "perilune"

local BAR = 2                                       -- seconds, at 120 beats a minute
local start = perilune.now() + 0.1

local music = perilune.load "assets/music.ogg"
local song = music:play {
  at = start,
  loop = true,
  loopStart = 1 * BAR,                              -- behind the intro
  loopEnd = 5 * BAR,
}
song:stop(BAR, start + 5 * BAR)                     -- fades through the first bar of the second round

print(("intro to %d s, loop from there to %d s, back, silent at %d s"):format(
  song.loopStart, song.loopEnd, song.loopEnd + BAR))
song.onended = function() print(("ended at %.1f s"):format(perilune.now() - start)) end

perilune.run()
