-- busted's output as the runners want it: one line a test, which says in which Lua, and last a line of counts.
local busted = require "busted"

local LUA = rawget(_G, "jit") and "luajit" or _VERSION:lower():gsub(" ", "")

local WORDS = { success = "ok", pending = "skipped", failure = "FAILED", error = "FAILED" }

return function()
  local handler = require "busted.outputHandlers.base"()

  local function show(word, entry)
    print(("%s %s: %s"):format(word, LUA, entry.name))
    if entry.message and word ~= "ok" then print("  " .. tostring(entry.message):gsub("\n", "\n  ")) end
    io.flush()
  end

  busted.subscribe({ "test", "end" }, function(_, _, status)
    local lists = {
      success = handler.successes, pending = handler.pendings, failure = handler.failures, error = handler.errors,
    }
    local list = lists[status]
    show(WORDS[status], list[#list])
    return nil, true
  end)

  -- Outside of tests: a file that does not load, a set-up that fails.
  local function outside(element)
    if element.descriptor ~= "it" then show("FAILED", handler.errors[#handler.errors]) end
    return nil, true
  end
  busted.subscribe({ "error" }, outside)
  busted.subscribe({ "failure" }, outside)

  busted.subscribe({ "suite", "end" }, function()
    print(("%d passed, %d failed, %d skipped"):format(
      handler.successesCount, handler.failuresCount + handler.errorsCount, handler.pendingsCount))
    io.flush()
    return nil, true
  end)

  return handler
end
