-- What reloading needs to see all of a Lua state: internal functions, the Lua half's `core`.
local perilune = require "perilune"
local support = require "tests.lua.support"

local function upvalue(fn, name)
  for i = 1, 255 do
    local found, value = debug.getupvalue(fn, i)
    if found == name then return value end
    if not found then break end
  end
end

local core = assert(upvalue(perilune.load, "core"), "perilune.load has no upvalue 'core'")
local compile = loadstring or load
local setfenv, getfenv, unpack = setfenv, getfenv, table.unpack or unpack -- luacheck: compat

-- Runs `trial` between saving and restoring.
local function undone(trial, skip)
  local saved = core.saveHeap(skip or {})
  trial()
  core.restoreHeap(saved)
end

local function replace(old, new, skip) return core.replaceInHeap({ [old] = new }, skip or {}) end

local function contents(t)
  local copy = {}
  for key, value in next, t do copy[key] = value end
  return copy
end

local function old() return "old" end
local function new() return "new" end

-- A pair of functions of which no frame knows: made anew, as replacing reaches the specs' own variables.
local function pair()
  local tag = {}
  return function() return tag, "old" end, function() return tag, "new" end
end

local function said(fn) return select(2, fn()) end

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
    replace(pair())
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
    local t, f, co, handle = {}, function() end, coroutine.create(old), support.offline(128)
    local saved = core.saveHeap {}
    for _, object in ipairs { t, f, co, handle, _G, print, perilune, string } do
      assert.is_true(core.wasInHeap(saved, object))
    end
    for _, object in ipairs { {}, function() return t end, coroutine.create(old), support.offline(128) } do
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

describe("core.replaceInHeap", function()
  it("replaces values and keys of tables, and counts them", function()
    local holder = { pair() }
    local t = { list = { holder[1], holder[1], 3 }, [holder[1]] = "key" }
    local both = { [holder[1]] = holder[1] }
    local fresh = holder[2]
    -- One in the holder, two in the list, the key of t, key and value of both; temporaries of this frame come on top.
    assert.is_true(core.replaceInHeap({ [holder[1]] = fresh }, {}) >= 6)
    assert.equal(fresh, holder[1])
    assert.same({ fresh, fresh, 3 }, t.list)
    assert.equal("key", t[fresh])
    assert.equal(fresh, both[fresh])
    local keys = 0
    for _ in pairs(t) do keys = keys + 1 end
    assert.equal(2, keys)
  end)

  it("replaces tables: values, keys, metatables and __index", function()
    local class, better = { name = "old" }, { name = "new" }
    class.__index, better.__index = class, better
    local derived = setmetatable({}, { __index = class })
    local object, set = setmetatable({}, class), { [class] = true }
    replace(class, better)
    assert.equal("new", object.name)
    assert.equal("new", derived.name)
    assert.is_true(set[better])
    assert.equal(better, class) -- this variable, too
  end)

  it("swaps two objects, also as keys of one table and in shared upvalues", function()
    local t = { a = {}, b = {} }
    local a, b = t.a, t.b
    local set = { [a] = "a", [b] = "b" }
    local function one() return a end
    local function two() return a, b end
    local keep = { at = { a }, bt = { b } }
    core.replaceInHeap({ [a] = b, [b] = a }, { keep.at, keep.bt })
    local oldA, oldB = keep.at[1], keep.bt[1]
    assert.equal(oldB, t.a)
    assert.equal(oldA, t.b)
    assert.equal("a", set[oldB])
    assert.equal("b", set[oldA])
    assert.equal(oldB, one())
    assert.equal(oldB, (two()))
  end)

  it("replaces upvalues, shared ones for all who share them", function()
    local f, g = pair()
    local function call() return f() end
    local function set(value) f = value end
    replace(f, g)
    assert.equal("new", select(2, call()))
    set(function() return 1, "set" end)
    assert.equal("set", select(2, call()))
  end)

  it("replaces in every frame: variables, varargs, temporaries", function()
    local holder = { pair() }
    local function outer(f, ...)
      local mine = { ... }
      local variable = f
      local function inner() return replace(holder[1], holder[2]) end
      inner()
      return f, variable, mine[1], ...
    end
    local results = { outer(holder[1], holder[1], holder[1]) }
    for i, result in ipairs(results) do
      if _VERSION == "Lua 5.4" or jit or i <= 3 then assert.equal("new", said(result)) end
    end
    -- Evaluated before the call that replaces it: a temporary.
    holder = { pair() }
    local function id(...) return ... end
    assert.equal("new", said((id(holder[1], replace(holder[1], holder[2])))))
  end)

  it("replaces in coroutines: suspended, not started, wrapped", function()
    local holder = { pair() }
    local function hold(f, g)
      local mine = f
      coroutine.yield()
      return said(f), said(mine), said(g)
    end
    local suspended, wrapped = coroutine.create(hold), coroutine.wrap(hold)
    coroutine.resume(suspended, holder[1], holder[1])
    wrapped(holder[1], holder[1])
    local fresh = coroutine.create(holder[1])
    replace(holder[1], holder[2])
    assert.same({ true, "new", "new", "new" }, { coroutine.resume(suspended) })
    assert.same({ "new", "new", "new" }, { wrapped() })
    assert.equal("new", select(3, coroutine.resume(fresh)))
  end)

  it("works inside a coroutine for the ones that resumed it", function()
    local holder = { pair() }
    local f = holder[1]
    local function middle(g)
      local co = coroutine.create(function() return replace(holder[1], holder[2]) end)
      assert(coroutine.resume(co))
      return g
    end
    local co = coroutine.wrap(function() return middle(holder[1]) end)
    assert.equal("new", said(co()))
    assert.equal("new", said(f))
  end)

  it("replaces in the registry and in C functions: callbacks that perilune keeps", function()
    local ctx = support.offline(256)
    local source = support.source(ctx, support.constant(ctx, 64, 1))
    local heard = {}
    local holder = { function() heard[#heard + 1] = "old" end, function() heard[#heard + 1] = "new" end }
    source.onended = holder[1]
    source:start()
    local unstarted = support.source(ctx, support.constant(ctx, 64, 1))
    unstarted.onended = holder[1]
    perilune.onError(holder[1])
    local registry, key = debug.getregistry(), {}
    registry[key] = { holder[1] }
    replace(holder[1], holder[2])
    unstarted:start()
    ctx:startRendering()
    assert.same({ "new", "new" }, heard)
    assert.equal(holder[2], registry[key][1])
    registry[key] = nil
    assert.equal(holder[2], unstarted.onended or holder[2])
    perilune.onError(nil)
    local gmatch = ("x"):gmatch "." -- a C function with upvalues
    assert.is_function(gmatch)
  end)

  it("replaces user values, or the environments that 5.1 has", setfenv and function()
    local env, other = { said = "old" }, { said = "new" }
    local f = compile "return said"
    setfenv(f, env)
    local co = coroutine.create(old)
    debug.setfenv(co, env)
    local userdata = newproxy()
    debug.setfenv(userdata, env)
    replace(env, other)
    assert.equal("new", f())
    assert.equal("new", debug.getfenv(co).said)
    assert.equal("new", debug.getfenv(userdata).said)
  end or function()
    local ctx = support.offline(256)
    local one, two = ctx:createBuffer(1, 8, 48000), ctx:createBuffer(1, 16, 48000)
    local source = support.source(ctx, one)
    local found
    for i = 1, 4 do
      if debug.getuservalue(source, i) == one then found = i end
    end
    if found then
      debug.setuservalue(source, old, found)
      replace(old, new)
      assert.equal(new, debug.getuservalue(source, found))
    end
    assert.not_nil(two)
  end)

  it("replaces in weak tables and resurrects nothing", function()
    local holder = { pair() }
    local keys = setmetatable({ [holder[1]] = "info" }, { __mode = "k" })
    local values = setmetatable({ holder[1], {} }, { __mode = "v" })
    replace(holder[1], holder[2])
    assert.equal("info", keys[holder[2]])
    assert.equal(holder[2], values[1])
    support.collect()
    assert.is_nil(values[2])
    holder = nil -- luacheck: ignore
    support.collect()
    assert.is_nil(next(keys))
    assert.is_nil(next(values))
  end)

  it("looks into the new objects, not into what only the old ones hold", function()
    local holder = { pair() }
    local before, after = { holder[1] }, { holder[1] }
    local aside = { before }
    core.replaceInHeap({ [holder[1]] = holder[2], [before] = after }, { aside })
    assert.equal("new", said(after[1]))
    assert.equal("old", said(aside[1][1]))
  end)

  it("leaves its map and what is skipped alone", function()
    local f, g = pair()
    local map, skipped = { [f] = g }, { f }
    f = nil -- luacheck: ignore
    core.replaceInHeap(map, { skipped })
    assert.equal(skipped[1], (next(map)))
    assert.equal("old", said(skipped[1]))
  end)

  it("looks into the functions that are running, though they are replaced", function()
    local holder = { pair() }
    local function running()
      local after = holder
      core.replaceInHeap({ [holder[1]] = holder[2], [debug.getinfo(1, "f").func] = new }, {})
      return said(after[1])
    end
    assert.equal("new", running())
  end)

  it("takes any value, and puts a metatable only where one can be", function()
    local t = { {} }
    local object = setmetatable({}, t[1])
    local mt = t[1]
    replace(t[1], false)
    assert.is_false(t[1])
    assert.is_false(mt)
    assert.is_table(getmetatable(object))
  end)

  it("asks no metamethod", function()
    local holder = { pair() }
    local function refuse() error "asked" end
    local guarded = setmetatable({ holder[1], [holder[1]] = 1 },
      { __index = refuse, __newindex = refuse, __pairs = refuse, __metatable = "no", __gc = refuse and nil })
    replace(holder[1], holder[2])
    assert.equal("new", said(rawget(guarded, 1)))
    assert.equal(1, rawget(guarded, holder[2]))
  end)

  it("reaches what LuaJIT has compiled in as a constant", function()
    local holder = {}
    local function first() return 1 end
    local function second() return 2 end
    holder[1], holder[2] = first, second
    local function make(get)
      return function()
        local sum = 0
        for _ = 1, 1000 do sum = sum + get() end
        return sum
      end
    end
    local hot = make(first)
    for _ = 1, 10 do assert.equal(1000, hot()) end
    replace(holder[1], holder[2])
    assert.equal(2000, hot())
  end)

  it("changes and counts nothing where nothing is found", function()
    assert.equal(0, core.replaceInHeap({}, {}))
    assert.equal(0, core.replaceInHeap({ x = 1, [2] = 3 }, {}))
  end)

  it("follows a list of a million tables", function()
    local holder = { pair() }
    local list = { fn = holder[1] }
    local first = list
    for _ = 1, 1000000 do list = { next = list } end
    replace(holder[1], holder[2])
    assert.equal("new", said(first.fn))
  end)
end)

describe("core.callWithLocals", function()
  -- As a loader does it: PUC 5.1 tells the names at a return statement only.
  local function chunk(text) return assert(compile(text .. "\nreturn", "=chunk") or compile(text, "=chunk")) end
  local function locals(text, ...) return (core.callWithLocals(chunk(text), ...)) end

  after_each(function() assert.is_nil((debug.gethook())) end)

  it("returns the chunk's variables as they were when it returned, and its results", function()
    local fn = chunk "local a, b = 1, ... local function f() a = a + 1 return a end f() c = nil local unset return f, nil, a"
    local results = { n = select("#", core.callWithLocals(fn, "arg", "more")), core.callWithLocals(fn, "arg", "more") }
    local variables = results[1]
    assert.equal(4, results.n)
    assert.same({ a = 2, b = "arg", f = results[2] }, variables)
    assert.is_nil(results[3])
    assert.equal(2, results[4])
  end)

  it("of several variables of one name returns the last", function()
    assert.same({ x = 3, f = "f" }, locals "local x = 1 local f = 'f' local x = 2 x = 3")
    assert.same({ y = 1 }, locals "local x = 1 local y = 1 local x")
  end)

  it("leaves out varargs, loops and blocks that have ended", function()
    assert.same({ a = 1 }, locals("local a = 1 for i = 1, 3 do local b = i end for k in pairs {} do end do local c = 1 end", 1, 2))
    assert.same({ a = 1, i = 2 }, locals "local a = 1 for i = 2, 3 do do return end end")
  end)

  it("returns those of a chunk that captured them, and of an early return", function()
    assert.same(5, locals("local n = 5 keep = function() return n end").n)
    assert.same({ a = 1 }, locals "local a = 1 if a then return a end local b = 2 return b")
  end)

  it("knows nothing of the variables of other functions", function()
    assert.same({ a = 2 }, locals "local a = (function() local hidden = 2 return hidden end)()")
  end)

  it("runs chunks within chunks", function()
    local inner
    _G.heapSpecRequire = function(text) inner = locals(text) return inner end
    local outer = locals "local a = 1 local b = heapSpecRequire 'local a, deep = 2, true' local c = 3"
    assert.same({ a = 2, deep = true }, inner)
    assert.same({ a = 1, b = inner, c = 3 }, outer)
    outer = locals "local a = 1 local ok = pcall(heapSpecRequire, 'error(1)') local c = heapSpecRequire 'local z = 1'"
    assert.same({ a = 1, ok = false, c = { z = 1 } }, outer)
    outer = locals "local a = coroutine.wrap(function() return heapSpecRequire 'local z = 1' end)() local b = 2"
    assert.same({ a = { z = 1 }, b = 2 }, outer)
    _G.heapSpecRequire = nil
  end)

  it("lets errors through as they are, with the stack beneath them, and leaves no hook", function()
    local object = {}
    _G.heapSpecFail = function() error(object) end
    local seen, trace
    local fn = chunk "local a = 1\nlocal function fails() heapSpecFail() return 1 end\nfails()"
    assert.is_false(xpcall(function() core.callWithLocals(fn) end, function(message)
      seen, trace = message, debug.traceback()
    end))
    assert.equal(object, seen)
    assert.matches("chunk:2:", trace)
    assert.matches("chunk:3:", trace)
    assert.is_nil((debug.gethook()))
    assert.same({ a = 1 }, locals "local a = 1")
    _G.heapSpecFail = nil
  end)

  it("leaves no hook after an error deep within recursion or in a coroutine", function()
    local function deep(n) return n == 0 and pcall(core.callWithLocals, chunk "error 'x'") or n > 0 and (deep(n - 1)) end
    deep(100)
    local co = coroutine.create(function() core.callWithLocals(chunk "error 'x'") end)
    assert.is_false(coroutine.resume(co))
    assert.is_nil((debug.gethook()))
    local made = locals "local co = coroutine.create(function() return 1 end) local a = 1".co
    assert.is_true(coroutine.resume(made))
    assert.is_nil((debug.gethook(made)))
  end)

  it("leaves somebody else's hook alone", function()
    local calls = 0
    local function hook() calls = calls + 1 end
    debug.sethook(hook, "r")
    local variables, result = core.callWithLocals(chunk "local a = 1 return a")
    local found = debug.gethook()
    debug.sethook()
    assert.equal(hook, found)
    assert.same({}, variables)
    assert.equal(1, result)
    assert.is_true(calls > 0)
  end)

  it("leaves a hook alone that came meanwhile", function()
    local function hook() end
    _G.heapSpecHook = hook
    core.callWithLocals(chunk "local a = 1 debug.sethook(heapSpecHook, 'r') return a")
    local found = debug.gethook()
    debug.sethook()
    _G.heapSpecHook = nil
    assert.equal(hook, found)
  end)

  it("returns no variables of a chunk that ends in a tail call", function()
    local variables, result = core.callWithLocals(chunk "local a = 1 return tostring(a)")
    assert.equal("1", result)
    assert.is_nil(variables.hidden)
  end)

  it("takes part in deep recursion", function()
    local variables = locals "local function sum(n) return n == 0 and 0 or n + sum(n - 1) end local a = sum(5000)"
    assert.equal(5000 * 5001 / 2, variables.a)
  end)
end)
