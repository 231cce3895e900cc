local Enemy = {}
Enemy.__index = Enemy
function Enemy.new() return setmetatable({ lives = 3 }, Enemy) end
function Enemy.name() return "old" end
return Enemy
