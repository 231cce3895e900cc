local support = require "tests.lua.support"
local script = support.script

describe("a plain script", function()
  it("waits in run until nothing sounds", function()
    local output, code = script [[
      local p = require "perilune"
      p.open { device = "null" }
      local began, ended = p.now(), nil
      p.load("assets/laser.ogg"):play { onended = function() ended = p.now() end }
      p.run()
      print(ended ~= nil, p.now() - began >= 0.3, p.now() - began < 2)
    ]]
    assert.equal("true\ttrue\ttrue\n", output)
    assert.equal(0, code)
  end)

  it("waits no longer than it says", function()
    local output = script [[
      local p = require "perilune"
      p.open { device = "null" }
      p.load("assets/music.ogg"):play { loop = true }
      p.run(0.1)
      print(p.now() < 2)
      local ok, message = pcall(p.run, -1)
      print(message)
    ]]
    assert.matches("^true\n.*bad argument #1 to 'run' %(number of at least 0 expected, got %-1%)\n$", output)
  end)

  it("that uses nothing does not wait", function()
    assert.equal("done\n", (script [[ require("perilune").run() print "done" ]]))
  end)

  it("may end at any time, whatever sounds or is under way", function()
    for _, rest in ipairs { "", "os.exit(0, true)", "perilune = nil; collectgarbage()", "p.newContext{device='null'}", "ctx:close()" } do
      local output, code = script([[
        local p = require "perilune"
        p.open { device = "null" }
        local ctx = p.context()
        local sound = p.load "assets/laser.ogg"
        for i = 1, 100 do sound:play { loop = true, onended = function() end } end
        p.loadAsync("assets/music.ogg", print)
        local tap = ctx:createTap(ctx.destination)
        local gain = ctx:createGain()
        gain:connect(ctx.destination)
      ]] .. rest)
      assert.same({ "", 0 }, { output, code })
    end
  end)

  it("opens SDL's device at the first use, or what it asks for", function()
    local output = script [[
      local p = require "perilune"
      local ctx = p.context()
      print(ctx.sampleRate, ctx.state, pcall(p.open))
    ]]
    assert.matches("^48000[.0]*\trunning\tfalse\t.*open already", output)
    output = script [[
      local p = require "perilune"
      print(p.open { device = "null", sampleRate = 44100, channels = 1, blockSize = 64 }.sampleRate)
    ]]
    assert.matches("^44100[.0]*\n$", output)
  end)

  it("sees errors in callbacks on standard error, with a traceback, and goes on", function()
    local output, code, path = script [[
      local p = require "perilune"
      p.open { device = "null" }
      p.load("assets/click.ogg"):play { onended = function() error "broken" end }
      p.run()
      print "on"
    ]]
    assert.matches("perilune: error in a callback: " .. path:gsub("%p", "%%%0") .. ":3: broken\nstack traceback:", output)
    assert.matches("on\n$", output)
    assert.equal(0, code)
  end)

  it("fails with its own line for an uncaught error", function()
    local output, code, path = script [[
      local p = require "perilune"
      p.newOfflineContext{ length = 1 }:createGain():connect(nil)
    ]]
    assert.matches(path:gsub("%p", "%%%0") .. ":2: bad argument #1 to 'connect' %(AudioNode or AudioParam expected, got nil%)", output)
    assert.equal(1, code)
  end)

  it("loops in run stop when the context is suspended", function()
    local output = script [[
      local p = require "perilune"
      p.open { device = "null" }
      p.load("assets/music.ogg"):play { loop = true }
      p.context():suspend()
      p.run()
      print "done"
    ]]
    assert.equal("done\n", output)
  end)
end)
