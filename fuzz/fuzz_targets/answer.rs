#![no_main]
rootcause_fuzz::target!(answer);
