"use strict";
/* Looks again by itself while something is still being worked on. */
setTimeout(() => location.reload(), 3000);
