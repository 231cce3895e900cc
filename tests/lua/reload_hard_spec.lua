-- perilune.reload where scripts do what reloaders fear: odd values, odd errors, guards, classes, finalisers, contexts.
local support = require "support"
local perilune = require "perilune"
local reload = require "perilune.reload"
local core = support.core()

local reloading = require "reloading"
local folder, write, save, reloaded, refused, module =
  reloading.folder, reloading.write, reloading.save, reloading.reloaded, reloading.refused, reloading.module

lazy_setup(reloading.begin)
lazy_teardown(reloading.finish)

describe("a version that fails", function()
  it("leaves the destination what it is to everybody else", function()
    local _, file = module "return {}"
    local ctx = perilune.context()
    support.collect() -- the handle of the destination
    refused(file, "local d = require'perilune'.context().destination error 'late'")
    ctx:createGain():connect(ctx.destination)
    reloaded(file, "return {} --")
  end)

  it("closes no context or tap that goes out of scope in it", function()
    if not support.closing then return pending(support.NO_CLOSING) end
    local _, file = module "return {}"
    local ctx = perilune.context()
    _G.reload_hard_tap = ctx:createTap(ctx.destination)
    assert.matches("late", refused(file, [[
      local ctx <close> = require "perilune".context()
      local tap <close> = reload_hard_tap
      local own <close> = require "perilune".newContext { device = "null" }
      error "late"]]), 1, true)
    assert.equals("running", ctx.state)
    _G.reload_hard_tap:receive() -- else it would raise
    _G.reload_hard_tap:close()
    _G.reload_hard_tap = nil
    reloaded(file, "return {} --")
  end)

  it("may have made contexts, and have used them", function()
    local _, file = module "return {}"
    refused(file, [[
      local perilune = require "perilune"
      local own = perilune.newContext { device = "null" }
      local source = own:createBufferSource { buffer = own:createBuffer(1, 480, 48000), loop = true }
      source:connect(own.destination)
      source.onended = function() error "it is heard" end
      source:start()
      local offline = perilune.newOfflineContext { length = 960 }
      local b = offline:createBufferSource { buffer = source.buffer }
      b:connect(offline.destination)
      b:start()
      offline:startRendering()
      own:close()
      error "late"]])
    support.collect()
    support.settle()
    reloaded(file, "return {} --")
  end)

  it("says so whatever the error is", function()
    local _, file = module "return {}"
    assert.matches("that is a nil", refused(file, "error()"), 1, true)
    assert.matches("that is a table", refused(file, "error {}"), 1, true)
    assert.matches("that is a boolean", refused(file, "error(false)"), 1, true)
    assert.matches("as text", refused(file, "error(setmetatable({}, { __tostring = function() return 'as text' end }))"), 1, true)
    refused(file, "error(setmetatable({}, { __tostring = function() error 'again' end }))")
    refused(file, "error(setmetatable({}, { __tostring = function() return 5 end }))")
    refused(file, "error(setmetatable({}, { __tostring = true, __metatable = false }))")
    assert.matches("yield", refused(file, "coroutine.yield(1)"), 1, true)
    assert.matches("overflow", refused(file, "local function f() return 1 + f() end f()"), 1, true)
    reloaded(file, "return {} --")
  end)

  it("brings large and weak tables, closures as keys and a guarded _G back", function()
    local large, weak = {}, setmetatable({}, { __mode = "k" })
    for i = 1, 100000 do large[i] = i end
    local function key() return large end
    weak[key], weak[large] = 1, 2
    package.loaded["reload_hard.large"] = { large = large, weak = weak, key = key }
    local _, file = module "return {}"
    refused(file, [[
      local l = require "reload_hard.large"
      for i = 1, 100000 do l.large[i] = nil end
      for i = 1, 1000 do l.large["x" .. i] = i end
      l.weak[l.key], l.weak[l.large], l.weak[{}] = nil, 3, 4
      setmetatable(l.weak, nil)
      setmetatable(_G, { __index = function() error "guarded" end })
      error "late"]])
    assert.equals(100000, #large)
    assert.equals(100000, large[100000])
    assert.is_nil(large.x1)
    assert.same({ 1, 2 }, { weak[key], weak[large] })
    assert.equals("k", getmetatable(weak).__mode)
    assert.is_nil(rawget(_G, "reload_hard_undefined"))
    assert.is_nil(_G.reload_hard_undefined)
    reloaded(file, "return {} --")
  end)

  it("calls no finaliser's sound into being, and survives one that raises", function()
    local m, file = module [[
      local perilune = require "perilune"
      return { sound = perilune.load(perilune.context():createBuffer(1, 480, 48000)) }]]
    support.settle()
    local started = perilune.stats().sourcesStarted
    _G.reload_hard = { finalise = support.finalise, sound = m.sound }
    refused(file, [[
      reload_hard.finalise(function() reload_hard.sound:play { loop = true } end)
      collectgarbage() collectgarbage()
      error "late"]])
    support.settle()
    local playing = perilune.stats()
    assert.equals(0, playing.sourcesPlaying + playing.sourcesScheduled)
    assert.is_true(playing.sourcesStarted >= started)
    save(file, "reload_hard.finalise(function() error 'in a finaliser' end) collectgarbage() collectgarbage() return {}")
    _G.reload_hard = nil
    reloaded(file, "return { 1 }")
  end)

  it("can have called for an update, and have asked for a trial itself", function()
    local _, file = module "return {}"
    write("inner.lua", "return 1")
    refused(file, ("require'perilune'.update() require'perilune.reload'.start '%s/inner.lua' error 'late'"):format(folder))
    reloaded(file, "require'perilune'.update() require'perilune.reload'.update() return {}")
  end)

  it("is watched for what it looked for no longer than it is wanted", function()
    local watched, watch, unwatch = {}, core.watch, core.unwatch
    local _, file = module "return {}"
    core.watch = function(path) watched[path] = true return watch(path) end
    core.unwatch = function(path) watched[path] = nil return unwatch(path) end
    refused(file, "return require 'reload_hard_missing'")
    assert.is_truthy(next(watched))
    reloaded(file, "return {} --")
    core.watch, core.unwatch = watch, unwatch
    assert.same({}, watched)
  end)
end)

describe("what a module may be", function()
  it("is false, a number, a handle, or nothing", function()
    local _, file, name = module "return false"
    assert.is_false(package.loaded[name])
    reloaded(file, "return 5")
    assert.equals(5, package.loaded[name])
    reloaded(file, "return require'perilune'.context():createGain()")
    assert.equals("userdata", type(package.loaded[name]))
    reloaded(file, "return false")
    assert.is_false(package.loaded[name])
    reloaded(file, "local x = 1")
    reloaded(file, "return { 1 }")
    assert.same({ 1 }, package.loaded[name])
  end)

  it("is one of two whose functions have the same names", function()
    local text = "local M = {} local function f() return 'TEXT' end function M.g() return f() end return M"
    local a, first = module((text:gsub("TEXT", "a")))
    local b, second = module((text:gsub("TEXT", "b")))
    local f, g = a.g, b.g
    reloaded(first, (text:gsub("TEXT", "A")))
    assert.same({ "A", "b" }, { f(), g() })
    reloaded(second, (text:gsub("TEXT", "B")))
    assert.same({ "A", "B" }, { f(), g() })
  end)

  it("is one of two that require each other", function()
    local text = [[
      local M = { name = "TEXT" }
      package.loaded[...] = M
      local other = require "OTHER"
      function M.both() return M.name .. other.name end
      return M]]
    local function version(name, other) return (text:gsub("TEXT", name):gsub("OTHER", other)) end
    write("cycle_a.lua", version("a", "cycle_b"))
    write("cycle_b.lua", version("b", "cycle_a"))
    local a, b = require "cycle_a", require "cycle_b"
    local both = a.both
    assert.equals("ab", both())
    reloaded("cycle_a.lua", version("A", "cycle_b"))
    assert.same({ "Ab", "bA" }, { both(), b.both() })
    reloaded("cycle_b.lua", version("B", "cycle_a"))
    assert.same({ "AB", "BA" }, { both(), b.both() })
    assert.equals(a, package.loaded.cycle_a)
  end)

  it("has an environment of its own", function()
    local text = (setfenv and "local M = setmetatable({}, { __index = _G }) setfenv(1, M) "
      or "local M = setmetatable({}, { __index = _G }) local _ENV = M ")
      .. "function f() return 'TEXT' end function g() return f() end return M"
    local m, file = module((text:gsub("TEXT", "one")))
    local g = m.g
    reloaded(file, (text:gsub("TEXT", "two")))
    assert.same({ "two", "two" }, { g(), m.f() })
  end)

  it("saves itself while it runs", function()
    local path = folder .. "/hard_self.lua"
    local text = ([[
      local f = io.open("PATH", "w")
      f:write "return { 'written' }"
      f:close()
      return { "first" }]]):gsub("PATH", path)
    write("hard_self.lua", "return { 'before' }")
    local m = require "hard_self"
    write("hard_self.lua", text)
    assert.is_true(support.wait(function() return m[1] == "written" end))
    for _ = 1, 2 do -- until what there is to report has been
      support.settle()
      perilune.update()
    end
  end)

  it("takes the metatable that it is given, whatever that says of being equal", function()
    local equal = { __eq = function() return true end }
    package.loaded["reload_hard.classes"] = { A = setmetatable({ __index = { name = "A" } }, equal),
      B = setmetatable({ __index = { name = "B" } }, equal) }
    local m, file = module "return setmetatable({}, require'reload_hard.classes'.A)"
    assert.equals("A", m.name)
    reloaded(file, "return setmetatable({}, require'reload_hard.classes'.B)")
    assert.equals("B", m.name)
  end)
end)

describe("scripts that guard and count", function()
  it("reload under a guarded _G", function()
    local m, file = module "return { 1 }"
    setmetatable(_G, {
      __newindex = function(_, name) error("assign to undeclared variable " .. tostring(name), 2) end,
      __index = function(_, name) error("variable " .. tostring(name) .. " is not declared", 2) end,
    })
    local well, message = pcall(reloaded, file, "return { 2 }")
    local again, text = pcall(refused, file, "undeclared = 1")
    setmetatable(_G, nil)
    assert(well, message)
    assert(again, text)
    assert.same({ 2 }, m)
    assert.matches("undeclared", text, 1, true)
    reloaded(file, "return { 3 }")
  end)

  it("keep their hook", function()
    local _, file = module "return {}"
    local function hook() end
    debug.sethook(hook, "", 1000000)
    reloaded(file, "local a = 1 return { a }")
    refused(file, "error 'late'")
    local found = debug.gethook()
    debug.sethook()
    assert.equals(hook, found)
    reloaded(file, "return {}")
  end)

  it("have globals that stay, of themselves", function()
    local text = "reload_hard_x = reload_hard_x or TEXT function reload_hard_f() return reload_hard_x end return {}"
    local _, file = module((text:gsub("TEXT", "1")))
    reloaded(file, (text:gsub("TEXT", "2")))
    assert.equals(1, _G.reload_hard_f())
    _G.reload_hard_x, _G.reload_hard_f = nil, nil
  end)
end)

describe("classes", function()
  -- Copies methods into subclasses, as middleclass does; inherits by __index, as 30log does.
  local library = [[
    local function include(class, name, fn)
      rawset(class.methods, name, fn)
      for sub in pairs(class.subclasses) do if sub.methods[name] == nil then include(sub, name, fn) end end
    end
    local function class(name, parent)
      local c = { name = name, methods = {}, subclasses = setmetatable({}, { __mode = "k" }), parent = parent }
      c.methods.__index = c.methods
      if parent then
        parent.subclasses[c] = true
        for key, fn in pairs(parent.methods) do if key ~= "__index" then c.methods[key] = fn end end
      end
      return setmetatable(c, {
        __call = function(self, ...)
          local o = setmetatable({ class = self }, self.methods)
          if o.init then o:init(...) end
          return o
        end,
        __newindex = include, __tostring = function() return "class " .. name end,
      })
    end
    return class]]

  it("have their instances and subclasses changed with them", function()
    write("hard_class.lua", library)
    local base = [[
      local Base = require "hard_class" "Base"
      function Base:init(n) self.n = n end
      function Base:speak() return "one" .. self.n end
      return Base]]
    local Base, file, name = module(base)
    local Sub, sub = module(([[
      local Sub = require "hard_class"("Sub", require "NAME")
      function Sub:other() return "sub one" end
      return Sub]]):gsub("NAME", name))
    local a, b = Base(1), Sub(2)
    reloaded(file, (base:gsub('"one"', '"two"')))
    assert.same({ "two1", "two2", "sub one" }, { a:speak(), b:speak(), b:other() })
    assert.same({ "two3", "class Base" }, { Base(3):speak(), tostring(Base) })
    reloaded(sub, ([[
      local Sub = require "hard_class"("Sub", require "NAME")
      function Sub:other() return "sub two" end
      return Sub]]):gsub("NAME", name))
    assert.same({ "two2", "sub two" }, { b:speak(), b:other() })
    assert.equals("sub two", Sub(4):other())
  end)
end)

describe("settings", function()
  local text = [[
    local perilune = require "perilune"
    local ctx = perilune.context()
    local M = perilune.persist("reload_hard.settings", function()
      local sound = perilune.load(ctx:createBuffer(1, 4800, 48000))
      return { loop = sound:play { loop = true }, filter = { type = "lowpass", frequency = 500 } }
    end)
    M.filter.frequency = 500
    M.loop.filter = M.filter
    return M]]

  it("that are tables are what they were, not what they have become", function()
    local m, file = module(text)
    reloaded(file, (text:gsub("500", "900")))
    assert.near(900, m.loop.filter.frequency, 1e-3)
    reloaded(file, (text:gsub("500", "700")))
    assert.near(700, m.loop.filter.frequency, 1e-3)
    m.loop:stop()
  end)
end)

describe("loops", function()
  it("that have ended are forgotten without a reload", function()
    local silence = perilune.context():createBuffer(1, 480, 48000)
    local sound = perilune.load(silence)
    local function play(times)
      for _ = 1, times do
        sound:play { loop = true }:stop()
        perilune.update()
      end
      support.settle()
      support.settle()
      local seconds = core.seconds
      core.seconds = function() return seconds() + 10 end
      perilune.update()
      core.seconds = seconds
      support.collect()
      return collectgarbage "count"
    end
    play(500)
    local before = play(500)
    assert.is_true(play(3000) - before < 200)
  end)
end)

describe("a script that runs others", function()
  it("can be run again, and they play on", function()
    local level = folder .. "/hard_level.lua"
    write("hard_level.lua", "return { name = 'one' }")
    local text = ("return { level = require'perilune.reload'.run '%s' }"):format(level)
    local m, file = module(text)
    local first = m.level
    reloaded(file, text .. " --")
    assert.equals(first, m.level)
    reloaded("hard_level.lua", "return { name = 'two' }")
    assert.equals("two", m.level.name)
    assert.matches("runs already", support.message(reload.run, level), 1, true)
  end)
end)

describe("coroutines in a main chunk", function()
  it("leave it the one that runs", function()
    local text = [[
      local perilune = require "perilune"
      local M = { sound = perilune.load(perilune.context():createBuffer(1, 480, 48000)) }
      coroutine.wrap(function() M.sound:play { loop = true } end)()
      M.sound:play { loop = true }
      return M]]
    local function playing() return perilune.stats().sourcesPlaying + perilune.stats().sourcesScheduled end
    assert.is_true(support.wait(function() return playing() == 0 end))
    local m, file = module(text)
    local sound = m.sound -- by which loops could be stopped, but not by who replaced them
    reloaded(file, text .. " --")
    assert.is_true(support.wait(function() return playing() == 2 end))
    m.sound:stop()
    sound:stop()
    reloaded(file, "return {}")
  end)
end)

describe("a module that fails at first", function()
  it("does not keep the script that waits in perilune.run from being run again", function()
    local output, code = support.script [[
      local reload, perilune = require "perilune.reload", require "perilune"
      reload.report(function(kind, text) if kind == "error" then print(text) end end)
      pcall(perilune.open, { device = "null" })
      local path = debug.getinfo(1, "S").source:sub(2)
      local state = perilune.persist("state", { runs = 0 })
      state.runs = state.runs + 1
      print("run", state.runs)
      local function write(to, text, how)
        local f = io.open(to, how)
        f:write(text)
        f:close()
      end
      if state.runs == 1 then
        local silence = perilune.load(perilune.context():createBuffer(1, 480, 48000))
        state.loop = silence:play { loop = true }
        package.path = path .. ".?.lua"
        write(path .. ".broken.lua", "error 'on purpose'", "w")
        silence:play { onended = function()
          print("required", (pcall(require, "broken")))
          write(path, "\n-- again", "a")
        end }
      else
        state.loop:stop()
      end
      perilune.run(5)]]
    assert.equals(0, code, output)
    assert.matches("run%s+1\nrequired%s+false\nrun%s+2\n$", output)
  end)

  it("takes no callback along when it is mended that others have set meanwhile", function()
    local name = "hard_mended"
    write(name .. ".lua", "error 'at first'")
    assert.is_false((pcall(require, name)))
    local ctx, ended = perilune.context(), false
    local source = ctx:createBufferSource { buffer = ctx:createBuffer(1, 48000, 48000), loop = true }
    source.onended = function() ended = true end
    source:start()
    reloaded(name .. ".lua", "return {}")
    source:stop()
    assert.is_true(support.wait(function() return ended end))
  end)
end)

describe("a callback", function()
  it("can call for the update that reloads", function()
    local m, file = module "return { 1 }"
    local sound = perilune.load(perilune.context():createBuffer(1, 48, 48000))
    local kind
    sound:play { onended = function() kind = save(file, "return { 2 }").kind end }
    assert.is_true(support.wait(function() return kind end))
    assert.equals("reloaded", kind)
    assert.same({ 2 }, m)
  end)

  it("has a script that ends the program in the midst of a reload", function()
    local output, code = support.script [[
      local reload, perilune = require "perilune.reload", require "perilune"
      reload.report(function(_, text) print(text) end)
      perilune.open { device = "null" }
      local path = debug.getinfo(1, "S").source:sub(2) .. ".lua"
      local function write(text)
        local f = io.open(path, "w")
        f:write(text)
        f:close()
      end
      write "return 1"
      reload.run(path)
      write("require'perilune'.context():createGain() os.exit(3, true)")
      perilune.load(perilune.context():createBuffer(1, 480, 48000)):play { loop = true }
      perilune.run(5)]]
    assert.equals(3, code, output)
  end)
end)
