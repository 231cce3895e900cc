-- A sound of the game's folder that is saved; what plays on, and what fades out.
local live = require "live"
local perilune = require "perilune"

return function()
  live.write("sound.wav", live.read "sounds/laser.wav")
  local sound = perilune.load "sound.wav"
  local buffer, laser, click = sound.buffer, sound.duration, perilune.load("sounds/click.wav").duration
  live.check(laser > click + .1, "the sounds are alike")
  local loop = sound:play { loop = true, volume = .5 }
  live.waitUntil("the loop played", function() return loop.time > 0 end)

  live.reloaded("sound.wav", live.read "sounds/click.wav")
  live.same(buffer, sound.buffer)
  live.same(click, sound.duration)
  local shot, started = sound:play(), perilune.now()
  live.same(click, shot.duration)
  live.waitUntil("the shot ended", function() return not shot.playing end)
  live.check(perilune.now() - started < laser, "the old sound was played")
  local since, most = perilune.now(), 0
  live.waitUntil("the loop went round", function()
    if perilune.now() > since + laser then most = math.max(most, loop.time) end
    return perilune.now() > since + 2 * laser
  end)
  live.check(most > 0 and most <= click, "the loop plays the old sound")
  live.check(loop.playing and loop.volume == .5, "the loop did not go on")
  loop:stop()

  live.write("sound.wav", "no sound at all")
  live.waitUntil("the broken sound was refused", function() return live.reports[#live.reports].kind == "error" end)
  live.check(live.reports[#live.reports].text:find("sound.wav", 1, true), live.reports[#live.reports].text)
  live.same(click, sound.duration)

  -- One that is persisted plays on over all reloads; those of each version go with it.
  live.waitUntil("it was quiet", function() return perilune.stats().sourcesPlaying == 0 end)
  local text = [[
    local perilune = require "perilune"
    _G.song = perilune.persist("sounds.song", function()
      return perilune.load("sounds/music.ogg"):play { loop = true, volume = .25 }
    end)
    perilune.load("sounds/laser.wav"):play { loop = true, volume = .1 }
    function love.update() _G.version = VERSION end]]
  live.reloaded("main.lua", live.main((text:gsub("VERSION", "0"))))
  local song, began, from = _G.song, perilune.now(), _G.song.time
  for version = 1, 20 do
    live.reloaded("main.lua", live.main((text:gsub("VERSION", version))))
    live.waitUntil("the new version runs", function() return _G.version == version end)
    live.same(song, _G.song)
    local off = (song.time - from - (perilune.now() - began)) % song.duration
    live.check(math.min(off, song.duration - off) < .05, "the song is off by " .. off)
  end
  live.waitUntil("the old loops were gone", function() return perilune.stats().sourcesPlaying == 2 end)
  live.check(song.playing and song.volume == .25, "the song does not play on")
  live.reloaded("main.lua", live.main "-- silence")
  live.waitUntil("all but the persisted one was gone", function() return perilune.stats().sourcesPlaying == 1 end)
  live.check(song.playing, "the song does not play on")
  live.done()
end
