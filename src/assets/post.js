// Sends a page's one onward form by itself. Without script, its button does the same.
document.querySelector("form[data-onward]")?.submit();
