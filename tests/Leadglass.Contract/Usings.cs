global using Leadglass.Archive;
