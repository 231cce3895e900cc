-- Sounds and modules out of a zipped game, through love.filesystem.
local game = require "game"
local perilune = require "where"

return function()
  game.check(love.filesystem.getSource():find "%.love$", "not a zipped game")
  for _, name in ipairs{ "sounds/laser.ogg", "sounds/laser.wav", "game.lua" } do
    game.check(not io.open(name), name .. " lies beside the game")
  end
  game.run(function()
    local ogg, wav = perilune.load "sounds/laser.ogg", perilune.load "sounds/laser.wav"
    game.check(ogg.buffer.length == 14400 and wav.buffer.length == 14400, "not all of the sounds was read")
    game.check(perilune.load("sounds/laser.ogg").buffer == ogg.buffer, "a sound was decoded twice")

    local well, message = pcall(perilune.load, "sounds/missing.ogg")
    game.check(not well and message:find("sounds/missing.ogg", 1, true), "missing: " .. tostring(message))
    well, message = pcall(perilune.load, "main.lua")
    game.check(not well and message:find("'main.lua' from perilune.files", 1, true), "not a sound: " .. tostring(message))

    local ended, loaded = 0, nil
    ogg:play{ onended = function() ended = ended + 1 end }
    wav:play{ onended = function() ended = ended + 1 end }
    perilune.loadAsync("sounds/music.ogg", function(sound, problem) loaded = sound or problem end)
    local refused
    perilune.loadAsync("main.lua", function(sound, problem) refused = tostring(problem or sound) end)
    game.waitUntil("the load was refused", function() return refused end)
    game.check(refused:find("'main.lua' from perilune.files", 1, true), "not a sound: " .. refused)
    game.waitUntil("both had ended", function() return ended == 2 end)
    game.waitUntil("the music was loaded", function() return loaded end)
    game.check(type(loaded) == "userdata" and loaded.duration > 5, tostring(loaded))
    game.check(perilune.stats().sourcesEnded == 2, "not two sources played")
    game.done()
  end)
end
