-- A love.thread that requires perilune too.
local case = ...
require "love.timer"
require "love.event"
local perilune = require "where"
local cases = {}

local function waitUntil(condition)
  local deadline = love.timer.getTime() + 15
  while not condition() do
    assert(love.timer.getTime() < deadline, "the worker waited in vain")
    perilune.update()
    love.timer.sleep(0.005)
  end
end

local function waitForClock(seconds)
  local finish = perilune.now() + seconds
  waitUntil(function() return perilune.now() >= finish end)
end

local function loop() return perilune.load("sounds/laser.ogg"):play{ loop = true } end

function cases.ends()
  local sound = loop()
  waitForClock(0.1)
  assert(sound.playing, "the worker's sound does not play")
end

function cases.fails()
  loop()
  waitForClock(0.1)
  error "on purpose"
end

-- Until the process ends.
function cases.stays()
  loop()
  waitForClock(0.1)
  love.thread.getChannel("ready"):push(true)
  while true do
    perilune.update()
    love.timer.sleep(0.005)
  end
end

-- While the error screen shows, the sound goes on; then the player quits.
function cases.watches()
  love.thread.getChannel("shown"):demand(15)
  waitForClock(0.3)
  print "heard"
  love.event.push "quit"
end

cases[case]()
