global using Leadglass.Archive;
global using Leadglass.Sealing;
