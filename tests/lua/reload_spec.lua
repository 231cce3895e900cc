-- perilune.reload: files are saved, and what they made changes while everything else stays.
local support = require "support"
local perilune = require "perilune"
local reload = require "perilune.reload"

local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir " .. folder))
package.path = folder .. "/?.lua;" .. package.path

local reports = {}
reload.report(function(kind, text) reports[#reports + 1] = { kind = kind, text = text } end)

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
end

-- Saves a file and waits for what comes of it.
local function save(name, text)
  local before = #reports
  write(name, text)
  assert(support.wait(function() return #reports > before end), "nothing was reloaded")
  return reports[#reports]
end

local function reloaded(name, text)
  local report = save(name, text)
  assert.equals("reloaded", report.kind, report.text)
  return report.text
end

local function refused(name, text)
  local report = save(name, text)
  assert.equals("error", report.kind, report.text)
  return report.text
end

-- A module of its own for each test.
local count = 0
local function module(text)
  count = count + 1
  local name = "module" .. count
  write(name .. ".lua", text)
  return require(name), name .. ".lua", name
end

lazy_setup(support.default)
lazy_teardown(function()
  reload.report(nil)
  os.execute("rm -r " .. folder)
end)

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
    assert.is_nil(string.reload_spec)
    assert.equals(1, m.f())
  end)
end)
