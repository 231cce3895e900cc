-- A restart is a new Lua state in the same process: it finds nothing of the old one's, but for what others still use.
local ffi = require "ffi"
local game = require "game"
local perilune = require "where"

ffi.cdef [[
  void *luaL_newstate(void);
  void luaL_openlibs(void *state);
  int luaL_loadstring(void *state, const char *code);
  int lua_pcall(void *state, int arguments, int results, int handler);
  const char *lua_tolstring(void *state, int index, size_t *length);
  void lua_close(void *state);
]]

local function play(rate)
  local context = perilune.open{ sampleRate = rate }
  game.check(context.sampleRate == rate and perilune.stats().sourcesPlaying == 0, "not a new engine")
  game.check(context.currentTime < 5, "the clock was not started anew")
  _G.loop = game.loop{ onended = function() game.fail "the old game's callback" end }
  game.waitForClock(0.1)
  game.check(_G.loop.playing, "nothing plays")
end

local alone = {
  function() play(44100) end,
  function() play(32000) end,
  function() play(32000) end,
}

-- A Lua state that LÖVE knows nothing of plays on through the restart, so its engine does too, and the new game joins it.
-- (A love.thread cannot: LÖVE starts no game while a thread holds love.filesystem, which every thread does.)
local other = {
  function()
    play(44100)
    local state = ffi.C.luaL_newstate()
    ffi.C.luaL_openlibs(state)
    local cpath = os.getenv "PERI_VIA" == "crequire" and love.filesystem.getSource() .. "/native/?.so" or os.getenv "PERI_CPATH"
    local code = ("package.cpath = %q; require('perilune').load(%q):play{ loop = true }"):format(
      cpath, love.filesystem.getSource() .. "/sounds/laser.ogg")
    if ffi.C.luaL_loadstring(state, code) ~= 0 or ffi.C.lua_pcall(state, 0, 0, 0) ~= 0 then
      game.fail(ffi.string(ffi.C.lua_tolstring(state, -1, nil)))
    end
    game.remember("PERI_STATE", ("%.0f"):format(tonumber(ffi.cast("uintptr_t", state))))
    game.waitUntil("both played", function() return perilune.stats().sourcesPlaying == 2 end)
    game.remember("PERI_CLOCK", tostring(perilune.now()))
  end,
  function()
    local well, message = pcall(perilune.open, { sampleRate = 32000 })
    game.check(not well and message:find "opened the default context with other settings", "opened: " .. tostring(message))
    game.check(perilune.now() >= tonumber(os.getenv "PERI_CLOCK"), "the other state's engine is gone")
    game.waitUntil("the old game's sound was gone", function() return perilune.stats().sourcesPlaying == 1 end)
    _G.loop = game.loop()
    game.waitUntil("both played", function() return perilune.stats().sourcesPlaying == 2 end)
    ffi.C.lua_close(ffi.cast("void *", tonumber(os.getenv "PERI_STATE")))
    game.waitUntil("the other state's sound stopped", function() return perilune.stats().sourcesPlaying == 1 end)
    game.waitForClock(0.1)
    game.check(_G.loop.playing and game.hasAudio(), "the other state's end has stopped the game's sound")
  end,
  function() play(32000) end,
}

return function(case)
  local games = case == "other" and other or alone
  local round = tonumber(os.getenv "PERI_ROUND" or 1)
  game.run(function()
    game.check(game.hasAudio() == (case == "other" and round == 2), "SDL's audio is not as the game before left it")
    games[round]()
    print("round " .. round)
    if round == #games then game.done() end
    game.remember("PERI_ROUND", tostring(round + 1))
    love.event.quit "restart"
    while true do coroutine.yield() end
  end)
end
