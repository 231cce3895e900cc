-- Music with an intro: a bar that plays once, then four bars round and round without a seam, until it fades. Where it
-- loops stands in the file; play's loopStart and loopEnd would say it otherwise.
local perilune = require "perilune"

local music = perilune.load "assets/music.ogg"
local start = perilune.now() + 0.1
local song = music:play { at = start, loop = true }
local intro, finish = song.loopStart, song.loopEnd
song:stop(intro, start + finish)                    -- fades through the first bar of the second round

print(("intro to %d s, loop from there to %d s, back, silent at %d s"):format(intro, finish, finish + intro))
song.onended = function() print(("ended at %.1f s"):format(perilune.now() - start)) end

perilune.run()
