-- perilune.host outside the program `perilune`; tests/sh/host_script_api.sh has what it does inside.
require "perilune"

describe("perilune.host", function()
  it("says that it is only there in the program", function()
    for _ = 1, 2 do
      local well, message = pcall(require, "perilune.host")
      assert.is_false(well)
      assert.matches("perilune%.host is only there in the program 'perilune': run this script with 'perilune run SCRIPT'",
        message)
    end
    assert.is_nil(package.loaded["perilune.host"])
  end)
end)
