"""Write-once originals, the hash-chained signed log, and trusted time-stamps."""
