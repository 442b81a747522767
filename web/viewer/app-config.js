// How the viewer finds the archive that serves it. It is signed in by its own cookie, which the browser sends by itself:
// no address and no token stands here.
window.PUBLIC_URL = '/viewer/';
window.browserImportFunction = address => import(address);
window.config = {
  name: 'leadglass',
  routerBasename: '/viewer',
  extensions: [],
  modes: [],
  customizationService: {},
  showStudyList: false,
  showErrorDetails: 'production',
  showWarningMessageForCrossOrigin: false,
  showCPUFallbackMessage: true,
  showLoadingIndicator: true,
  strictZSpacingForVolumeViewport: true,
  allowMultiSelectExport: false,
  // OHIF is not cleared as a medical device and says so; once a year is enough for the same browser.
  investigationalUseDialog: { option: 'configure', days: 365 },
  maxNumberOfWebWorkers: 3,
  maxNumRequests: { interaction: 100, thumbnail: 5, prefetch: 25 },
  whiteLabeling: {
    createLogoComponentFn: React =>
      React.createElement(
        'a',
        { href: '/', className: 'text-foreground text-lg font-semibold', title: 'Leadglass' },
        'Leadglass',
      ),
  },
  defaultDataSourceName: 'archive',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'archive',
      configuration: {
        friendlyName: 'Leadglass',
        name: 'archive',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        wadoUriRoot: '/dicom-web/wado',
        qidoSupportsIncludeField: true,
        supportsReject: false,
        supportsStow: false,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true },
      },
    },
  ],
  // The session has ended, or the study is not this reader's: the study list asks for a sign-in where one is needed.
  httpErrorHandler: error => {
    if (error.status === 401) {
      window.location.assign('/');
    }
  },
};
