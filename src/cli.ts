#!/usr/bin/env node
console.log('hairpin');
