-- A game whose files its own scenes save while it runs, by tests/sh/love.sh: love GAME SCENE.
package.cpath = os.getenv "PERI_CPATH" .. ";" .. package.cpath
require "perilune.reload"
io.stdout:setvbuf "line"
local live = require "live"

function love.load(arguments) live.run(require("scenes." .. arguments[1])) end
