-- A game whose files its own scenes save while it runs, by tests/sh/love.sh: love GAME SCENE.
package.cpath = os.getenv "PERI_CPATH" .. ";" .. package.cpath
require "perilune.reload"
io.stdout:setvbuf "line"
local live = require "live"

function love.focus() live.focus = "old" end

function love.load(arguments)
  function love.visible() live.visible = "old" end
  live.run(require("scenes." .. arguments[1]))
end
