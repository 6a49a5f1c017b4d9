#![no_main]
rootcause_fuzz::target!(watch);
