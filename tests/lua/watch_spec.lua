local support = require "tests.lua.support"
local cases = require "tests.lua.watch_cases"
local core = support.core()

-- All cases in one Lua that hears no events, begun before the others, because looks take their time.
local looksAlone
lazy_setup(function()
  looksAlone = support.start([[
    local cases = require "tests.lua.watch_cases"
    for _, case in ipairs(cases) do
      local well, message = pcall(cases.run, case.fn)
      print(("<%s>%s"):format(case.name, well and "well" or tostring(message)))
    end
    print("<events>" .. io.popen("ls -l /proc/$PPID/fd 2>/dev/null | grep -c inotify"):read "*l")
  ]], "PERILUNE_WATCH=stat")
end)
lazy_teardown(function() if looksAlone then looksAlone() end end)

describe("watching files", function()
  for _, case in ipairs(cases) do
    it(case.name, function() cases.run(case.fn) end)
  end

  it("refuses what is no path", function()
    assert.matches("bad argument #1 to 'watch' %(string expected, got nil%)", support.message(core.watch, nil))
    assert.matches("the path is too long", support.message(core.watch, ("long/"):rep(1000)))
    assert.is_nil(core.changedFiles())
  end)

  it("costs a program nothing that watches nothing", function()
    assert.equal("nil\ttrue\n", (support.script [[
      local core = require("tests.lua.support").core()
      local held = io.popen("ls -l /proc/$PPID/fd 2>/dev/null | grep -c inotify"):read "*l"
      print(core.changedFiles(), held == "0" and (core.unwatch "x") == nil)
    ]]))
  end)

  it("leaves nothing behind in a state that ends, whenever its finalisers ask", function()
    assert.equal("nil\n", (support.script [[
      local support = require "tests.lua.support"
      local core = support.core()
      core.watch "README.md"
      support.finalise(function()
        core.watch "LICENSE"
        core.unwatch "README.md"
        print(core.changedFiles())
      end)
    ]]))
  end)
end)

describe("watching files by looks alone", function()
  local results

  -- Each is "well", or its error.
  local function result(name)
    if not results then
      results = {}
      local output = looksAlone()
      looksAlone = nil
      for case, outcome in output:gmatch "<(.-)>([^\n]*)" do results[case] = outcome end
      assert(results.events, output)
    end
    return results[name]
  end

  for _, case in ipairs(cases) do
    if not case.needsEvents then
      it(case.name, function() assert.equal("well", result(case.name)) end)
    end
  end

  it("hears no events", function() assert.equal("0", result "events") end)
end)
