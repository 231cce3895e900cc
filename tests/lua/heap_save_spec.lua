-- core.saveHeap and core.restoreHeap, by which a reload that fails changes nothing: all of a Lua state comes back.
local perilune = require "perilune"
local support = require "tests.lua.support"

local core = support.core()
local setfenv, getfenv, unpack = setfenv, getfenv, table.unpack or unpack -- luacheck: compat

-- Runs `trial` between saving and restoring.
local function undone(trial, skip)
  local saved = core.saveHeap(skip or {})
  trial()
  core.restoreHeap(saved)
end

local function contents(t)
  local copy = {}
  for key, value in next, t do copy[key] = value end
  return copy
end

describe("core.saveHeap and core.restoreHeap", function()
  it("bring back changed, new and removed entries of tables", function()
    local t = { 1, 2, 3, name = "a", [true] = 4, [2.5] = "x" }
    local before = contents(t)
    undone(function()
      t[1], t[3], t[4], t.name, t[true], t.more, t[false] = 9, nil, 4, "b", nil, {}, 1
    end)
    assert.same(before, contents(t))
    assert.equal(3, #t)
  end)

  it("bring back a table that was emptied, and empty one that was filled", function()
    local full, empty = {}, {}
    for i = 1, 1000 do full[i], full["k" .. i] = i, i end
    local before = contents(full)
    undone(function()
      for key in pairs(full) do full[key] = nil end
      for i = 1, 1000 do empty[i], empty["k" .. i] = i, i end
    end)
    assert.same(before, contents(full))
    assert.is_nil(next(empty))
  end)

  it("tell integers from floats, and the zeros apart", function()
    local t = { 1, 0, 2 ^ 53 }
    undone(function() t[1], t[2], t[3] = 1.0, -0.0, 2 ^ 53 + 2 end)
    assert.equal("1", tostring(t[1]))
    assert.equal(math.huge, 1 / t[2])
    assert.equal(2 ^ 53, t[3])
  end)

  it("write nothing where nothing has changed: a traversal under way goes on", function()
    local t, kept = { 1, 2, n = 0 / 0, x = 1, y = 2, z = 3 }, { walked = {} }
    local order = {}
    for key in pairs(t) do order[#order + 1] = key end
    local saved = core.saveHeap { kept }
    for key in pairs(t) do
      kept.walked[#kept.walked + 1] = key
      core.restoreHeap(saved)
    end
    assert.same(order, kept.walked)
  end)

  it("bring back metatables, and what they hold, without asking metamethods", function()
    local function refuse() error "asked" end
    local mt = { __index = refuse, __newindex = refuse, __pairs = refuse, __len = refuse, __eq = refuse, __metatable = "no" }
    local guarded, plain, other = setmetatable({ x = 1 }, mt), {}, {}
    undone(function()
      debug.setmetatable(guarded, nil)
      setmetatable(plain, other)
      guarded.x, guarded.y, mt.__index = 2, 3, nil
    end)
    assert.equal(mt, debug.getmetatable(guarded))
    assert.is_nil(getmetatable(plain))
    assert.same({ x = 1 }, contents(guarded))
    assert.equal(refuse, mt.__index)
  end)

  it("bring back the metatable of strings and of the other basic types", function()
    local mt = getmetatable ""
    undone(function()
      mt.__index = nil
      rawset(string, "shout", print)
      debug.setmetatable("", nil)
      debug.setmetatable(nil, {})
      debug.setmetatable(print, {})
    end)
    assert.equal("A", ("a"):upper())
    assert.is_nil(rawget(string, "shout"))
    assert.is_nil(debug.getmetatable(nil))
    assert.is_nil(debug.getmetatable(print))
  end)

  it("bring back upvalues, nil ones too, and keep shared ones shared", function()
    local function counter()
      local n, unset
      n = 1
      return function() return n, unset end, function(value, more) n, unset = value, more end
    end
    local get, set = counter()
    undone(function() set(2, "set") end)
    local n, unset = get()
    assert.equal(1, n)
    assert.is_nil(unset)
    set(3)
    assert.equal(3, (get()))
  end)

  it("bring back globals and loaded modules", function()
    _G.heapSpecGlobal = 1
    undone(function()
      _G.heapSpecGlobal, _G.heapSpecOther = 2, 3
      package.loaded.heapSpecModule = {}
    end)
    assert.equal(1, _G.heapSpecGlobal)
    assert.is_nil(rawget(_G, "heapSpecOther"))
    assert.is_nil(package.loaded.heapSpecModule)
    _G.heapSpecGlobal = nil
  end)

  it("reach what only a local variable of any frame holds", function()
    local function outer(t)
      local function inner() undone(function() t.x = 2 end) end
      inner()
      return t.x
    end
    assert.equal(1, outer { x = 1 })
  end)

  it("reach what only coroutines hold: suspended, not started, wrapped, within others", function()
    local tables = {}
    for i = 1, 5 do tables[i] = { x = i } end
    local weak = setmetatable({ unpack(tables) }, { __mode = "v" })
    local function hold(t)
      local kept = t
      coroutine.yield()
      return kept
    end
    local suspended = coroutine.create(hold)
    coroutine.resume(suspended, tables[1])
    local fresh = coroutine.create(function() return hold(tables[2]) end)
    local wrapped = coroutine.wrap(hold)
    wrapped(tables[3])
    local nested = coroutine.create(function(t)
      local within = coroutine.create(hold)
      coroutine.resume(within, t)
      coroutine.yield(within)
    end)
    coroutine.resume(nested, tables[4])
    local saved = core.saveHeap {}
    for i = 1, 4 do weak[i].x = "changed" end
    core.restoreHeap(saved)
    for i = 1, 4 do assert.equal(i, weak[i].x) end
    assert.is_true(core.wasInHeap(saved, suspended))
    assert.is_true(core.wasInHeap(saved, fresh))
    assert.not_nil(nested)
  end)

  it("work inside a coroutine, and reach the main thread's variables", function()
    local t = { x = 1 }
    local co = coroutine.create(function(mine)
      undone(function() mine.x, t.x = 2, 2 end)
      return mine.x
    end)
    local _, x = coroutine.resume(co, { x = 1 })
    assert.equal(1, x)
    assert.equal(1, t.x)
  end)

  it("survive dead coroutines", function()
    local finished, failed = coroutine.create(function() end), coroutine.create(function(t) error(t) end)
    coroutine.resume(finished)
    coroutine.resume(failed, { x = 1 })
    local overflown = coroutine.create(function() local function f() return 1 + f() end f() end)
    coroutine.resume(overflown)
    undone(function() end)
  end)

  it("follow cycles and a list of a million tables", function()
    local first = {}
    first.self = first
    local list = first
    for i = 1, 1000000 do list = { next = list, i = i } end
    undone(function()
      first.self = nil
      list.i = 0
    end)
    assert.equal(first, first.self)
    assert.equal(1000000, list.i)
  end)

  it("keep what was saved from the collector, in weak tables too", function()
    local weak, holder = setmetatable({}, { __mode = "kv" }), { only = {} }
    weak[1], weak[holder.only] = holder.only, true
    undone(function()
      holder.only = nil
      support.collect()
      weak[1] = nil
    end)
    assert.is_table(holder.only)
    assert.equal(holder.only, weak[1])
    assert.is_true(weak[holder.only])
    holder.only, weak[1] = nil, nil
    support.collect()
    assert.is_nil(next(weak))
  end)

  it("neither save nor enter what is skipped", function()
    local inner = { x = 1 }
    local skipped = { inner = inner, x = 1 }
    local holder = setmetatable({ skipped = skipped }, { __mode = "v" })
    inner = nil -- luacheck: ignore
    local saved = core.saveHeap { skipped }
    skipped.x, skipped.inner.x = 2, 2
    core.restoreHeap(saved)
    assert.equal(2, skipped.x)
    assert.equal(2, skipped.inner.x)
    assert.is_false(core.wasInHeap(saved, skipped))
    assert.is_false(core.wasInHeap(saved, skipped.inner))
    assert.not_nil(holder)
  end)

  it("know what was there, and what is new", function()
    local t, f, co, handle = {}, function() end, coroutine.create(contents), support.offline(128)
    local saved = core.saveHeap {}
    for _, object in ipairs { t, f, co, handle, _G, print, perilune, string } do
      assert.is_true(core.wasInHeap(saved, object))
    end
    for _, object in ipairs { {}, function() return t end, coroutine.create(contents), support.offline(128) } do
      assert.is_false(core.wasInHeap(saved, object))
    end
    assert.is_false(core.wasInHeap(saved, 1))
    assert.is_false(core.wasInHeap(saved, "a"))
  end)

  it("do not touch what C libraries keep: the registry, and upvalues of their functions", function()
    local registry, key = debug.getregistry(), {}
    undone(function() registry[key] = { 1 } end)
    assert.same({ 1 }, registry[key])
    registry[key] = nil
  end)

  it("bring back metatables of userdata", function()
    local file = io.stdout
    local mt = debug.getmetatable(file)
    local close = mt.__index.close
    undone(function()
      mt.__index.close = nil
      debug.setmetatable(file, nil)
    end)
    assert.equal(mt, debug.getmetatable(file))
    assert.equal(close, mt.__index.close)
  end)

  it("bring back environments of functions and coroutines", setfenv and function()
    local function f() return heapSpecName end -- luacheck: ignore
    local env = { heapSpecName = 1 }
    setfenv(f, env)
    local co = coroutine.create(f)
    undone(function()
      env.heapSpecName = 2
      setfenv(f, {})
      debug.setfenv(co, {})
    end)
    assert.equal(env, getfenv(f))
    assert.equal(1, f())
    assert.equal(_G, debug.getfenv(co))
  end or function() -- 5.4 has upvalues instead
    local env = { heapSpecName = 1 }
    local f = load("return function(value) if value then _ENV = value end return heapSpecName end", "f", "t", env)()
    undone(function() f { heapSpecName = 2 } end)
    assert.equal(1, f())
  end)

  it("bring back what LuaJIT has compiled in as a constant", function()
    local limit = 1
    local function get() return limit end
    local function hot()
      local sum = 0
      for _ = 1, 1000 do sum = sum + get() end
      return sum
    end
    assert.equal(1000, hot())
    undone(function()
      debug.setupvalue(get, 1, 2)
      if jit then jit.flush() end
      assert.equal(2000, hot())
    end)
    assert.equal(1000, hot())
  end)

  it("can restore twice, and let go of all they saved", function()
    local t = { x = 1 }
    local saved = core.saveHeap {}
    for i = 2, 3 do
      t.x, t.y = i, {}
      core.restoreHeap(saved)
      assert.same({ x = 1 }, t)
    end
    local weak = setmetatable({ saved }, { __mode = "v" })
    saved = nil -- luacheck: ignore
    support.collect()
    assert.is_nil(weak[1])
  end)

  it("refuse what is nothing saved", function()
    assert.matches("bad argument #1 .*what saveHeap returned", support.message(core.restoreHeap, {}))
    assert.matches("bad argument #1 .*what saveHeap returned", support.message(core.wasInHeap, io.stdout, {}))
  end)
end)
