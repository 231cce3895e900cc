-- The first sounds: load a file, play it.
local perilune = require "perilune"

local coin = perilune.load "assets/coin.ogg"
local explosion = perilune.load "assets/explosion.ogg"

coin:play()                                             -- now
coin:play { at = perilune.now() + 0.6, pitch = 1.5 }    -- later, higher; sounds may overlap themselves
explosion:play { at = perilune.now() + 1.2, volume = 0.7 }

print "hello"
perilune.run()                                          -- a plain Lua script waits here until nothing sounds
