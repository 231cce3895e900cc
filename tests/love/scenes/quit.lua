-- The process ends while sounds play, files load, callbacks wait, and a tap gives out blocks.
local game = require "game"
local perilune = require "where"

local function makeNoise()
  game.loop{ onended = function() game.fail "a callback ran while the game ended" end }
  local context = perilune.context()
  local tap = context:createTap(context.destination)
  local other = perilune.newContext()
  local source = other:createBufferSource()
  source.buffer = perilune.load("sounds/laser.ogg").buffer
  source.loop = true
  source:connect(other:createGain()):connect(other.destination)
  source:start()
  return { tap = tap, other = other, source = source }
end

return function(case)
  game.run(function()
    _G.noise = makeNoise()
    game.waitForClock(0.1)
    _G.noise.block = _G.noise.tap:receive()
    game.check(_G.noise.block and _G.noise.block:rms() > 0, "perilune is silent")
    game.check(_G.noise.other.currentTime > 0, "the other context stands still")
    if case == "collected" then -- nothing is left to close what sounds but the record of the Lua state
      _G.noise, package.loaded.where, package.loaded.perilune = nil, nil, nil
      collectgarbage()
      collectgarbage()
    else
      perilune.loadAsync("sounds/music.ogg", function() game.fail "a load came while the game ended" end)
    end
    if case == "exit" then
      print "done"
      os.exit(7)
    end
    game.done(7)
  end)
end
