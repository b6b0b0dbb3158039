module poolscope

go 1.22
