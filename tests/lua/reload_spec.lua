-- perilune.reload: files are saved, and what they made changes while everything else stays.
local support = require "support"
local perilune = require "perilune"
local reload = require "perilune.reload"

local reloading = require "reloading"
local folder, reports, write, reloaded, refused, module =
  reloading.folder, reloading.reports, reloading.write, reloading.reloaded, reloading.refused, reloading.module

lazy_setup(reloading.begin)
lazy_teardown(reloading.finish)

describe("what other reloaders lose", function()
  it("keeps the module's table, its methods and new keys through it", function()
    local m, file, name = module "return { speak = function() return 'one' end }"
    reloaded(file, "return { speak = function() return 'two' end, more = 3 }")
    assert.equals("two", m.speak())
    assert.equals(3, m.more)
    assert.equals(m, require(name))
  end)

  it("replaces functions that were captured before", function()
    local m, file = module "local M = {} function M.f() return 1 end return M"
    local captured, listed = m.f, { m.f, [m.f] = "key" }
    local function caller() return captured() end
    reloaded(file, "local M = {} function M.f() return 2 end return M")
    assert.equals(2, caller())
    assert.equals(2, captured())
    assert.equals(2, listed[1]())
    assert.equals("key", listed[m.f])
  end)

  it("resets a module's data, unless it is persisted", function()
    local text = [[
      local perilune = require "perilune"
      local M = { data = { n = 1 }, kept = perilune.persist("reload_spec.kept", { n = 1 }) }
      return M]]
    local m, file = module(text)
    local data = m.data
    m.data.n, m.kept.n = 42, 42
    reloaded(file, text .. " -- saved again")
    assert.equals(1, m.data.n)
    assert.equals(data, m.data)
    assert.equals(42, m.kept.n)
  end)

  it("resets file locals, unless they are persisted", function()
    local text = [[
      local perilune = require "perilune"
      local n, kept = 0, perilune.persist("reload_spec.locals", { n = 0 })
      return function() n, kept.n = n + 1, kept.n + 1 return n, kept.n end]]
    local _, file, name = module(text)
    require(name)()
    local f = require(name)
    f()
    reloaded(file, text .. " --")
    local n, kept = f()
    assert.equals(1, n)
    assert.equals(3, kept)
  end)

  it("takes deleted keys and the rest of shortened arrays away", function()
    local m, file = module "return { list = { 1, 2, 3 }, gone = 1, f = function() end }"
    local list = m.list
    reloaded(file, "return { list = { 9 } }")
    assert.same({ 9 }, m.list)
    assert.equals(list, m.list)
    assert.is_nil(m.gone)
    assert.is_nil(m.f)
  end)

  it("gives instances the new methods, of a class that is the module or a file local", function()
    local text = [[
      local Class = {}
      Class.__index = Class
      function Class:name() return "old" end
      local M = { __index = nil }
      M.__index = M
      function M:name() return "old" end
      function M.new() return setmetatable({}, Class), setmetatable({}, M) end
      return M]]
    local m, file = module(text)
    local a, b = m.new()
    reloaded(file, (text:gsub('"old"', '"new"')))
    assert.equals("new", a:name())
    assert.equals("new", b:name())
    assert.equals(getmetatable(a), getmetatable((m.new())))
  end)

  it("lets a coroutine go on, whose calls reach the new code", function()
    local m, file = module [[
      local M = {}
      local function step() return "old" end
      function M.run() while true do coroutine.yield(step()) end end
      return M]]
    local thread = coroutine.create(m.run)
    coroutine.resume(thread)
    reloaded(file, [[
      local M = {}
      local function step() return "new" end
      function M.run() while true do coroutine.yield(step()) end end
      return M]])
    assert.equals("new", select(2, coroutine.resume(thread)))
  end)

  it("replaces a module that is a function", function()
    local f, file, name = module "return function() return 1 end"
    local holder = { f = f }
    reloaded(file, "return function() return 2 end")
    assert.equals(2, holder.f())
    assert.equals(2, f())
    assert.equals(f, require(name))
  end)

  it("keeps functions that wrap a global one, and those that wrap them", function()
    function _G.reload_spec_call() return "base" end
    local base = _G.reload_spec_call
    local text = [[
      local inner = reload_spec_call
      function reload_spec_call() return "VERSION(" .. inner() .. ")" end]]
    local _, first = module((text:gsub("VERSION", "a")))
    local _, second = module((text:gsub("VERSION", "b")))
    assert.equals("b(a(base))", _G.reload_spec_call())
    reloaded(second, (text:gsub("VERSION", "B")))
    assert.equals("B(a(base))", _G.reload_spec_call())
    reloaded(first, (text:gsub("VERSION", "A")))
    assert.equals("B(A(base))", _G.reload_spec_call())
    refused(second, text .. " error 'late'")
    assert.equals("B(A(base))", _G.reload_spec_call())
    reloaded(second, "return {}")
    assert.equals("A(base)", _G.reload_spec_call())
    reloaded(first, "return {}")
    assert.equals(base, _G.reload_spec_call)
    _G.reload_spec_call = nil
  end)

  it("takes fields that become tables, and the other way round", function()
    local m, file = module "return { a = 1, b = { 1 } }"
    reloaded(file, "return { a = { x = 1 }, b = 2 }")
    assert.same({ x = 1 }, m.a)
    assert.equals(2, m.b)
  end)

  it("swaps a module that guards its table", function()
    local text = [[
      local M = { f = function() return 1 end }
      return setmetatable(M, { __newindex = function() error "guarded" end, __metatable = false })]]
    local m, file = module(text)
    reloaded(file, (text:gsub("return 1", "return 2")))
    assert.equals(2, m.f())
    assert.has_error(function() m.x = 1 end)
  end)

  it("leaves everything as it was after a syntax error, and names the line", function()
    local m, file = module "return { f = function() return 1 end }"
    local text = refused(file, "return {\n f = = 2 }")
    assert.matches(file .. ":2:", text, 1, true)
    assert.equals(1, m.f())
    assert.equals(text, reload.error)
    reloaded(file, "return { f = function() return 3 end }")
    assert.equals(3, m.f())
    assert.is_nil(reload.error)
  end)

  it("leaves everything as it was after an error half way", function()
    local shared = { list = { 1, 2 } }
    package.loaded["reload_spec.shared"] = shared
    local m, file = module "return { f = function() return 1 end }"
    local text = refused(file, [[
      local shared = require "reload_spec.shared"
      reload_spec_global = 1
      shared.list[3], shared.new, shared.list[1] = 3, true, nil
      setmetatable(shared, {})
      string.reload_spec = 1
      local function fall() error "on purpose" end
      fall()]])
    assert.matches(file .. ":6: on purpose", text, 1, true)
    assert.matches("stack traceback:", text, 1, true)
    assert.matches("'fall'", text, 1, true)
    assert.is_nil(text:find("busted", 1, true)) -- who called for the update has no part in it
    assert.same({ list = { 1, 2 } }, shared)
    assert.is_nil(getmetatable(shared))
    assert.is_nil(rawget(_G, "reload_spec_global"))
    assert.is_nil(rawget(string, "reload_spec"))
    assert.equals(1, m.f())
    reloaded(file, "return {}")
  end)
end)

describe("persist", function()
  it("returns the same value each time, and calls its function once", function()
    local calls = 0
    local function make()
      calls = calls + 1
      return { calls }
    end
    local first = perilune.persist("reload_spec.function", make)
    assert.equals(first, perilune.persist("reload_spec.function", make))
    assert.equals(1, calls)
    local state = perilune.persist("reload_spec.table", { a = 1 })
    assert.equals(state, perilune.persist("reload_spec.table", { a = 2 }))
    assert.same({ a = 1 }, state)
  end)

  it("fills in defaults that are new, deep too, and leaves alone what the script took out", function()
    local state = perilune.persist("reload_spec.defaults", { a = 1, deep = { x = 1, list = { 1, 2 } } })
    state.a, state.deep.list[2] = nil, nil
    perilune.persist("reload_spec.defaults", { a = 1, b = 2, deep = { x = 5, y = 6, list = { 1, 2, 3 } } })
    assert.same({ b = 2, deep = { x = 1, y = 6, list = { 1 } } }, state)
  end)

  it("says what it wants", function()
    assert.matches("bad argument #1 to 'persist' (string expected, got nil)",
      support.message(perilune.persist), 1, true)
    assert.matches("bad argument #2 to 'persist' (table or function expected, got number)",
      support.message(perilune.persist, "x", 5), 1, true)
  end)

  it("keeps nothing of a function that raised", function()
    assert.has_error(function() perilune.persist("reload_spec.raised", function() error "no" end) end)
    assert.equals(1, perilune.persist("reload_spec.raised", function() return 1 end))
  end)
end)

describe("onReload", function()
  it("is called by a newer version, with what the names of the old one stood for", function()
    local text = [[
      local perilune = require "perilune"
      local n, M = 0, { score = 0 }
      function M.hit() n, M.score = n + 1, M.score + 10 end
      perilune.onReload(function(old) M.score, M.before = old.score + 1, old.n end)
      return M]]
    local m, file = module(text)
    assert.is_nil(m.before)
    m.hit()
    reloaded(file, text .. " --")
    assert.equals(11, m.score)
    assert.equals(1, m.before)
    reloaded(file, text .. " -- again")
    assert.equals(12, m.score)
  end)

  it("refuses the new version when it raises", function()
    local m, file = module "return { 1 }"
    local text = refused(file, "require'perilune'.onReload(function() error 'not so' end) return { 2 }")
    assert.matches("not so", text, 1, true)
    assert.same({ 1 }, m)
    reloaded(file, "return { 3 }")
  end)
end)

describe("what a file does to the sound", function()
  local sound = [[
    local perilune = require "perilune"
    local ctx = perilune.context()
    local buffer = perilune.persist("reload_spec.buffer", function()
      local b = ctx:createBuffer(1, 4800, 48000)
      b:setSample(1, 1, .5)
      return b
    end)
    local sound = perilune.load(buffer)
  ]]
  local function playing() return perilune.stats().sourcesPlaying + perilune.stats().sourcesScheduled end
  local function quiet() return support.wait(function() return playing() == 0 end) end

  it("is heard once all of it has run, and not at all when it fails", function()
    assert.is_true(quiet())
    local started = perilune.stats().sourcesStarted
    local _, file = module(sound .. "return {}")
    refused(file, sound .. "for i = 1, 10 do sound:play { loop = true } end error 'late'")
    assert.is_true(quiet())
    reloaded(file, sound .. "for i = 1, 10 do sound:play { at = perilune.now() + 60 } end return { sound = sound }")
    assert.is_true(support.wait(function() return perilune.stats().sourcesScheduled == 10 end))
    assert.equals(20, perilune.stats().sourcesStarted - started)
    require((file:gsub("%.lua", ""))).sound:stop()
    reloaded(file, sound .. "return {}")
  end)

  it("reads as if it were done, and waits", function()
    local text = sound .. [[
      local loop = perilune.persist("reload_spec.loop", function() return sound:play { loop = true } end)
      local gain = perilune.persist("reload_spec.gain", function() return ctx:createGain() end)
      local M = { loop = loop, gain = gain }
    ]]
    local m, file = module(text .. "return M")
    refused(file, text .. [[
      loop.volume, loop.filter, gain.gain.value = .25, { type = "lowpass", frequency = 500 }, .125
      M.seen = { loop.volume, loop.filter.frequency, gain.gain.value }
      assert(loop.volume == .25 and loop.filter.frequency == 500 and gain.gain.value == .125)
      loop.filter = nil
      assert(loop.filter == nil)
      error "late"]])
    assert.equals(1, m.loop.volume)
    assert.is_nil(m.loop.filter)
    assert.equals(1, m.gain.gain.value)
    reloaded(file, text .. "loop.volume, gain.gain.value = .25, .125 return M")
    assert.equals(.25, m.loop.volume)
    assert.equals(.125, m.gain.gain.value)
    m.loop:stop()
  end)

  it("is left as it is now where the last version has set the same", function()
    local text = sound .. [[
      local loop = perilune.persist("reload_spec.left", function() return sound:play { loop = true } end)
      loop.volume, loop.pitch, loop.filter = .5, 1.5, { type = "lowpass", frequency = 500 }
      return { loop = loop }]]
    local m, file = module(text)
    m.loop.volume, m.loop.pitch, m.loop.filter = .1, 2, nil
    reloaded(file, (text:gsub("1%.5", "1.25")))
    assert.near(.1, m.loop.volume, 1e-6)
    assert.near(1.25, m.loop.pitch, 1e-6)
    assert.is_nil(m.loop.filter)
    m.loop:stop()
  end)

  it("is stopped where nobody can reach a loop any more, and nowhere else", function()
    assert.is_true(quiet())
    local text = sound .. [[
      local M, dropped = { sound = sound, kept = sound:play { loop = true } }, sound:play { loop = true }
      function M.reach() return dropped end
      sound:play { loop = true }
      M.persisted = perilune.persist("reload_spec.reached", function() return sound:play { loop = true } end)
      local node = ctx:createBufferSource { buffer = buffer, loop = true }
      node:connect(ctx.destination)
      node:start()
      return M]]
    local m, file = module(text)
    assert.is_true(support.wait(function() return playing() == 5 end))
    local persisted = m.persisted
    reloaded(file, text .. " -- all but the persisted one begin anew")
    assert.is_true(support.wait(function() return playing() == 5 end))
    assert.equals(persisted, m.persisted)
    assert.is_true(persisted.playing)
    reloaded(file, "return { persisted = require 'perilune'.persist('reload_spec.reached', {}) }")
    assert.is_true(support.wait(function() return playing() == 1 end))
    assert.is_true(m.persisted.playing)
    m.persisted:stop()
  end)

  it("goes on where a loop can be reached by its Sound", function()
    assert.is_true(quiet())
    local m, file = module(sound .. "local M = { sound = sound } function M.go() sound:play { loop = true } end return M")
    m.go()
    local _, other = module "return {}"
    reloaded(other, "return {} --")
    support.settle()
    perilune.update()
    support.settle()
    assert.equals(1, playing())
    m.sound:stop()
    reloaded(file, "return {}")
  end)

  it("has callbacks of the version that runs", function()
    assert.is_true(quiet())
    _G.reload_spec_ended = {}
    local text = sound .. [[
      local source = perilune.persist("reload_spec.ended", function() return sound:play { loop = true } end)
      source.onended = function() table.insert(reload_spec_ended, "VERSION") end
      return { source = source }]]
    local m, file = module((text:gsub("VERSION", "one")))
    reloaded(file, (text:gsub("VERSION", "two")))
    m.source:stop()
    assert.is_true(support.wait(function() return #_G.reload_spec_ended > 0 end))
    support.settle()
    assert.same({ "two" }, _G.reload_spec_ended)
    _G.reload_spec_ended = nil
  end)

  it("calls back no more for what a new version has left out", function()
    _G.reload_spec_ended = {}
    local text = sound .. [[
      local source = perilune.persist("reload_spec.left out", function() return sound:play { loop = true } end)
      local M = { source = source }
      ]]
    local m, file = module(text .. "source.onended = function() table.insert(reload_spec_ended, 1) end return M")
    reloaded(file, text .. "return M")
    assert.is_nil(m.source.onended)
    m.source:stop()
    assert.is_true(quiet())
    assert.same({}, _G.reload_spec_ended)
    _G.reload_spec_ended = nil
  end)

  it("may wait for a sound that it loads, while other callbacks wait for it", function()
    _G.reload_spec_ended = 0
    local second = perilune.load(perilune.context():createBuffer(1, 48000, 48000)) -- of silence
    local text = [[
      local perilune = require "perilune"
      local sound
      perilune.loadAsync("assets/click.wav", function(s) sound = s end)
      while not sound or reload_spec_source and reload_spec_source.playing do perilune.update() end
      for _ = 1, 10 do perilune.update() end
      FAIL
      return { sound = sound }]]
    local _, file = module((text:gsub("FAIL", "")))
    local function play()
      _G.reload_spec_source = second:play { onended = function() _G.reload_spec_ended = _G.reload_spec_ended + 1 end }
    end
    play()
    refused(file, (text:gsub("FAIL", "error('late ' .. reload_spec_ended)")))
    assert.matches("late 0", reload.error, 1, true)
    assert.is_true(support.wait(function() return _G.reload_spec_ended == 1 end))
    play()
    reloaded(file, (text:gsub("FAIL", "assert(reload_spec_ended == 1)")))
    assert.is_true(support.wait(function() return _G.reload_spec_ended == 2 end))
    _G.reload_spec_ended, _G.reload_spec_source = nil, nil
  end)

  it("picks the same at random after a version that failed", function()
    local picking = sound .. "local random = perilune.load(buffer, { pitch = { .5, 2 } }) "
    local m, file = module(picking .. "return { sound = random }")
    local function picks(text)
      perilune.seed(7)
      local first = m.sound:play().pitch
      if text then refused(file, text) end
      return { first, m.sound:play().pitch, m.sound:play().pitch }
    end
    assert.same(picks(), picks(picking .. "random:play() perilune.seed(1) random:play() error 'late'"))
    reloaded(file, "return {}")
  end)

  it("writes no samples when it fails", function()
    local m, file = module(sound .. "return { buffer = buffer }")
    local before = m.buffer:getChannelData(1)
    refused(file, sound .. "buffer:setSample(1, 1, 1) buffer:copyToChannel({ 1, 2, 3 }, 1, 7) error 'late'")
    assert.equals(before, m.buffer:getChannelData(1))
    reloaded(file, sound .. "buffer:setSample(1, 1, .75) return { buffer = buffer }")
    assert.equals(.75, m.buffer:getSample(1, 1))
  end)
end)

describe("a sound file that is saved", function()
  local function copy(from, to)
    local source, target = assert(io.open(from, "rb")), assert(io.open(folder .. "/" .. to, "wb"))
    target:write(source:read "*a")
    source:close()
    target:close()
  end
  local function saved(from, to)
    local before = #reports
    copy(from, to)
    assert.is_true(support.wait(function() return #reports > before end), "nothing was reloaded")
    return reports[#reports]
  end

  it("is what the next play plays, by the same Sound and Buffer; a broken one changes nothing", function()
    copy("assets/laser.wav", "sound.wav")
    local sound = perilune.load(folder .. "/sound.wav")
    local buffer, duration = sound.buffer, sound.duration
    local text = saved("assets/click.wav", "sound.wav").text
    assert.matches("reloaded .*sound.wav", text)
    assert.equals(buffer, sound.buffer)
    local click = perilune.load("assets/click.wav").duration
    assert.are_not.equal(duration, click)
    assert.equals(click, sound.duration)
    assert.equals(click, sound:play().duration)
    write("text", "this is no sound")
    local report = saved(folder .. "/text", "sound.wav")
    assert.equals("error", report.kind)
    assert.equals(report.text, reload.error)
    assert.equals(click, sound.duration)
    assert.equals("reloaded", saved("assets/laser.wav", "sound.wav").kind)
    assert.equals(duration, sound.duration)
    assert.is_nil(reload.error)
  end)

  it("is what a convolver convolves with from then on", function()
    local ctx = support.default()
    support.constant(ctx, 4, .25):save(folder .. "/loud.wav")
    support.constant(ctx, 2, .125):save(folder .. "/response.wav")
    local response = ctx:decodeAudioData(folder .. "/response.wav")
    local source, convolver = ctx:createConstantSource(), ctx:createConvolver { normalize = false, buffer = response }
    local analyser = ctx:createAnalyser { fftSize = 32 }
    source:connect(convolver):connect(analyser)
    analyser:connect(ctx:createGain { gain = 0 }):connect(ctx.destination)
    source:start()
    local function heard(level)
      return support.wait(function()
        return math.abs(analyser:getFloatTimeDomainData()[32] - level) < 1e-3
      end)
    end
    assert.is_true(heard(.25))
    assert.equals("reloaded", saved(folder .. "/loud.wav", "response.wav").kind)
    assert.is_true(heard(1))
    assert.equals(response, convolver.buffer)
    write("text", "this is no sound")
    assert.equals("error", saved(folder .. "/text", "response.wav").kind)
    support.settle()
    assert.is_true(heard(1))
    source:stop()
    assert.equals("reloaded", saved(folder .. "/loud.wav", "response.wav").kind)
  end)

  it("is forgotten when nobody has it any more", function()
    copy("assets/laser.wav", "forgotten.wav")
    support.collect()
    local buffers = perilune.stats().buffers
    perilune.load(folder .. "/forgotten.wav")
    support.collect()
    assert.equals(buffers, perilune.stats().buffers)
  end)
end)

describe("several files", function()
  it("are run together or not at all", function()
    local a, first = module "return { 'a1' }"
    local b, second = module "return { 'b1' }"
    local before = #reports
    write(first, "return { 'a2' }")
    write(second, "return nonsense()")
    assert.is_true(support.wait(function() return #reports > before end))
    assert.equals("error", reports[#reports].kind)
    assert.same({ "a1", "b1" }, { a[1], b[1] })
    reloaded(second, "return { 'b2' }")
    assert.same({ "a2", "b2" }, { a[1], b[1] })
  end)

  it("do not wait for another that failed before", function()
    local a, first = module "return { 'a1' }"
    local b, second = module "return { 'b1' }"
    local text = refused(first, "return nonsense()")
    reloaded(second, "return { 'b2' }")
    assert.same({ "a1", "b2" }, { a[1], b[1] })
    assert.equals(text, reload.error)
    reloaded(first, "return { 'a2' }")
    assert.equals("a2", a[1])
    assert.is_nil(reload.error)
  end)

  it("that a new version requires are waited for", function()
    local m, file = module "return { 1 }"
    refused(file, "return { require 'reload_spec_missing' }")
    assert.equals(1, m[1])
    reloaded("reload_spec_missing.lua", "return 'found'")
    assert.equals("found", m[1])
  end)

  it("that were there before can be waited for too", function()
    write("reload_spec_level.txt", "1")
    local m, file = module(([[
      require("perilune.reload").watch "FOLDER/reload_spec_level.txt"
      local f = io.open "FOLDER/reload_spec_level.txt"
      local M = { level = f:read "*a" }
      f:close()
      return M]]):gsub("FOLDER", folder))
    assert.equals("1", m.level)
    assert.matches(file, reloaded("reload_spec_level.txt", "2"), 1, true)
    assert.equals("2", m.level)
  end)
end)

describe("perilune.reload", function()
  it("names what it has", function()
    assert.matches("did you mean 'error'", support.message(function() return reload.eror end), 1, true)
    assert.matches("bad value for 'at'", support.message(function() reload.at = "never" end), 1, true)
    assert.equals("now", reload.at)
    assert.matches("path expected, got nil", support.message(reload.run), 1, true)
  end)

  it("drives a plain script that waits in perilune.run", function()
    local output, code = support.script [[
      require "perilune.reload"
      local perilune = require "perilune"
      local path = debug.getinfo(1, "S").source:sub(2)
      local state = perilune.persist("state", { runs = 0 })
      perilune.open { device = "null" }
      local silence = perilune.context():createBuffer(1, 9600, 48000)
      state.runs = state.runs + 1
      print("run", state.runs)
      if state.runs == 1 then
        state.loop = perilune.load(silence):play { loop = true }
        state.save = function()
          local f = io.open(path)
          local text = f:read "*a"
          f:close()
          f = io.open(path, "w")
          f:write(text, "\n--")
          f:close()
        end
        perilune.load(silence):play { onended = state.save }
      else
        state.loop:stop()
      end
      perilune.run(5)
      print("end", state.runs)]]
    assert.matches("run%s+1.*run%s+2.*end%s+2", output)
    assert.matches("reloaded", output, 1, true)
    assert.equals(0, code)
  end)
end)
