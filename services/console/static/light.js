// Before anything is drawn: the light that was chosen for this screen.

if (localStorage.getItem("kap-light") === "low") document.documentElement.dataset.light = "low";
