-- core.callWithLocals, by which a reload knows a file's local variables.
local core = require("tests.lua.support").core()
local compile = loadstring or load

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
