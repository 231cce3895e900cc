-- Where a main chunk ends, in its text, and how it tells of its variables without a hook.
local perilune = require "perilune"
local core
for i = 1, 255 do
  local name, value = debug.getupvalue(perilune.onReload, i)
  if name == "core" then core = value end
end
local markEnd = require "perilune.ending"

local function marked(text) return markEnd(text, "END") end

describe("the end of a chunk's text", function()
  it("is before its last return", function()
    assert.equals("local a = 1 END() return a", marked "local a = 1 return a")
    assert.equals("END() return", marked "return")
    assert.equals("f()\n\nEND() return f, { 1 } -- end", marked "f()\n\nreturn f, { 1 } -- end")
  end)

  it("is where there is no return, too", function()
    assert.equals("local a = 1\nEND()", marked "local a = 1")
    assert.equals("-- return\nEND()", marked "-- return")
    assert.equals("\nEND()", marked "")
  end)

  it("is in no block, string or comment", function()
    for _, text in ipairs {
      "local function f() return 1 end ", "local f = function() if x then return 1 else return 2 end end ",
      "while a do if b then return end end ", "for i = 1, 2 do return end ", "repeat local c = 1 until d ",
      "do return end ", "local s = 'return' .. \"return\" ", "local s = 'it\\'s return' ", "local s = [[ return ]] ",
      "local s = [==[ ]] return ]==] ", "-- return\n", "--[[ return\n return ]] ", "--[=[ ]] return ]=] ",
      "local returned, x_return = t.returns, t[1][2] ", "x = a - 1 - -1 ", "local n = 0x1f .. 1e-5 ",
    } do
      assert.equals(text .. "END() return 1", marked(text .. "return 1"))
      assert.equals(text .. "\nEND()", marked(text))
    end
  end)
end)

describe("core.callMarked", function()
  local make = loadstring or load
  local function locals(text, ...)
    _G.END = core.chunkEnded
    return core.callMarked(assert(make(marked(text), "=chunk")), ...)
  end
  teardown(function() _G.END = nil end)

  it("returns the chunk's variables at its end, and its results", function()
    local variables, first, second = locals("local a, b = 1, ... local function f() return a end a = 2 return f(), b", "arg")
    assert.same({ 2, "arg" }, { first, second })
    assert.same({ a = 2, b = "arg", f = variables.f }, variables)
    assert.same({ x = 1 }, (locals "local x = 1 do local hidden = 2 end"))
  end)

  it("knows those of the innermost chunk that ends, and of none that raised", function()
    local inner
    _G.endingSpecRun = function(text) inner = locals(text) return inner end
    local outer = locals "local a = 1 local b = endingSpecRun 'local deep = true'"
    assert.same({ deep = true }, inner)
    assert.same({ a = 1, b = inner }, outer)
    assert.same({ ok = false }, (locals "local ok = pcall(endingSpecRun, 'local lost = 1 error(1)')"))
    assert.same({ a = 1, b = 2 }, (locals "local a = 1 local b = (function() local c = 2 END() return c end)()"))
    _G.endingSpecRun = nil
    assert.is_nil((debug.gethook()))
    core.chunkEnded() -- not by a chunk
  end)
end)
