-- LÖVE's SDL and OpenAL go on while perilune opens, plays and closes, and after it.
local game = require "game"
local perilune = require "where"

local function drawsStill()
  local canvas = love.graphics.newCanvas(4, 4)
  love.graphics.setCanvas(canvas)
  love.graphics.clear(1, 0, 0)
  love.graphics.setCanvas()
  local r, g, b = canvas:newImageData():getPixel(1, 1)
  return love.window.isOpen() and r == 1 and g == 0 and b == 0
end

return function()
  local before = game.subsystems()
  local song = love.audio.newSource("sounds/music.ogg", "stream")
  song:setLooping(true)
  song:setVolume(0.25)
  love.audio.setVolume(0.75)
  game.check(song:play(), "LÖVE plays nothing here")

  local function loveGoesOn(when)
    local from, moved = song:tell(), false
    game.waitUntil("LÖVE's music went on " .. when, function()
      moved = moved or song:tell() ~= from
      return moved and math.abs(song:tell() - from) > 0.1
    end)
    game.check(song:isPlaying() and love.audio.getActiveSourceCount() == 1, "LÖVE's music plays no more " .. when)
    game.check(song:getVolume() == 0.25 and love.audio.getVolume() == 0.75, "LÖVE's volumes changed " .. when)
    game.check(drawsStill(), "LÖVE draws no more " .. when)
    local heard = false
    function love.keypressed(key) heard = key == "space" end
    love.event.push("keypressed", "space")
    game.waitUntil("LÖVE's events came " .. when, function() return heard end)
  end

  game.run(function()
    loveGoesOn "before perilune"
    for _ = 1, 3 do
      local context = perilune.newContext()
      game.check(context.state == "running" and game.hasAudio(), "perilune has no device")
      game.check(bit.bor(before, 0x10) == game.subsystems(), "perilune started more of SDL than its audio")
      local finish = context.currentTime + 0.05
      game.waitUntil("perilune's clock went on", function() return context.currentTime >= finish end)
      context:close()
      game.check(before == game.subsystems(), "perilune left SDL changed")
    end
    loveGoesOn "after perilune was closed"
    local ended = false
    local shot = perilune.load("sounds/click.wav"):play{ onended = function() ended = true end }
    local loop = game.loop()
    loveGoesOn "beside perilune"
    game.waitUntil("onended came by love.update", function() return ended end)
    game.check(not shot.playing and loop.playing, "perilune plays other things than it should")
    perilune.context():close()
    game.check(before == game.subsystems(), "perilune left SDL changed")
    loveGoesOn "in the end"
    game.done()
  end)
end
