local support = require "tests.lua.support"
local message, offline, constant, source = support.message, support.offline, support.constant, support.source

-- What a filter made by `build(ctx)` makes of ten frames of 1, and silence.
local function heard(length, build)
  local ctx = offline(length)
  local filter = build(ctx)
  filter:connect(ctx.destination)
  source(ctx, constant(ctx, 10, 1), filter):start()
  return ctx:startRendering():copyFromChannel(1)
end

describe("an IIR filter", function()
  it("is made of two tables of coefficients", function()
    local out, y = heard(300, function(ctx) return ctx:createIIRFilter({ 1, 0.5 }, { 2, -1.8 }) end), 0
    for i = 1, 300 do
      local x, before = i <= 10 and 1 or 0, i > 1 and i <= 11 and 1 or 0
      y = (x + 0.5 * before + 1.8 * y) / 2
      assert.near(y, out[i], 1e-6)
    end
  end)

  it("is made of one table, with the options of other nodes", function()
    local options = { feedforward = { 0.5 }, feedback = { 1 }, channelCount = 1, channelCountMode = "explicit" }
    local out = heard(20, function(ctx)
      local filter = ctx:createIIRFilter(options)
      assert.same({ 1, "explicit" }, { filter.channelCount, filter.channelCountMode })
      return filter
    end)
    assert.same({ 0.5, 0.5, 0 }, { out[1], out[10], out[11] })
    assert.same({ 0.5 }, options.feedforward)
  end)

  it("has Web Audio's properties", function()
    local filter = offline(128):createIIRFilter({ 1 }, { 1 })
    assert.same({ 1, 1, 2, "max", "speakers" }, { filter.numberOfInputs, filter.numberOfOutputs, filter.channelCount,
      filter.channelCountMode, filter.channelInterpretation })
  end)

  it("tells its response", function()
    local filter = offline(128):createIIRFilter({ 1, 1 }, { 2 })
    local magnitude, phase = filter:getFrequencyResponse { 0, 12000, 24000, -1 }
    assert.near(1, magnitude[1], 1e-6)
    assert.near(math.sqrt(0.5), magnitude[2], 1e-6)
    assert.near(-math.pi / 4, phase[2], 1e-6)
    assert.near(0, magnitude[3], 1e-6)
    assert.is_true(magnitude[4] ~= magnitude[4])
  end)

  it("says what is wrong with its coefficients", function()
    local ctx = offline(128)
    local function wrong(...) return message(ctx.createIIRFilter, ctx, ...) end
    local many = {}
    for i = 1, 21 do many[i] = 1 end
    assert.matches("1 to 20 coefficients in feedforward, got 0", wrong({}, { 1 }))
    assert.matches("1 to 20 coefficients in feedback, got 21", wrong({ 1 }, many))
    assert.matches("feedforward must not all be 0", wrong({ 0, 0 }, { 1 }))
    assert.matches("the first coefficient in feedback must not be 0", wrong({ 1 }, { 0, 1 }))
    assert.matches("bad value for 'feedforward' %(table expected, got nil%)", wrong())
    assert.matches("bad value for 'feedback' %(table expected, got nil%)", wrong({ 1 }))
    assert.matches("bad value for 'feedback' %(finite number expected, got nan%)", wrong({ 1 }, { 1, 0 / 0 }))
    assert.matches("bad value for 'feedback' %(number expected, got boolean%)", wrong({ 1 }, { true }))
    assert.matches("gain", wrong { feedforward = { 1 }, feedback = { 1 }, gain = 1 })
    many[21] = nil
    assert.equal("IIRFilterNode", tostring(ctx:createIIRFilter(many, many)):match "^%a+")
  end)
end)
