---@meta perilune.host

---What the program `perilune` offers the scripts that it runs: `local host = require "perilune.host"`. Elsewhere that is
---an error. Colours go from 0 to 1, places in pixels from the top left corner of 960 by 480.
---@class perilune.host
local host = {}

---Calls a function 60 times a second; while rendering to a file, before every 512 frames of sound.
---@param fn fun(dt:number) gets the seconds since the last time
---@return fun() remove ends it
function host.onFrame(fn) end

---Calls a function for each key that is pressed or let go, in the window or else in the terminal.
---@param fn fun(key:string,down:boolean) gets SDL's name in lower case: "a", "space", "left"
---@return fun() remove ends it
function host.onKey(fn) end

---Draws into this frame's picture. Without a window nothing happens.
---@param x number
---@param y number
---@param width number from 0
---@param height number from 0
---@param red number
---@param green number
---@param blue number
function host.rectangle(x, y, width, height, red, green, blue) end

---Writes into it: ASCII, white; "\n" begins a new line.
---@param x number
---@param y number
---@param text string
function host.text(x, y, text) end

---Ends the program after this frame, with everything faded.
---@param code? integer 0 to 255, its exit code; 0 by default
function host.quit(code) end

return host
