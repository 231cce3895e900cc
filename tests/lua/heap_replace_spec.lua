-- core.replaceInHeap, by which a reload puts the new in the place of the old, wherever a Lua state holds it.
local perilune = require "perilune"
local support = require "tests.lua.support"

local core = support.core()
local compile = loadstring or load
local setfenv = setfenv -- luacheck: compat

local function replace(old, new, skip) return core.replaceInHeap({ [old] = new }, skip or {}) end

local function old() return "old" end
local function new() return "new" end

-- A pair of functions of which no frame knows: made anew, as replacing reaches the specs' own variables.
local function pair()
  local tag = {}
  return function() return tag, "old" end, function() return tag, "new" end
end

local function said(fn) return select(2, fn()) end

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

  it("survives dead coroutines", function()
    local finished, failed = coroutine.create(function() end), coroutine.create(function(t) error(t) end)
    coroutine.resume(finished)
    coroutine.resume(failed, { x = 1 })
    local overflown = coroutine.create(function() local function f() return 1 + f() end f() end)
    coroutine.resume(overflown)
    replace(pair())
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
